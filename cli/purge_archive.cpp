#include "cli/command.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/time/civil.hpp"
#include "jobs/config_store/store.hpp"
#include "jobs/purge_archive/run.hpp"
#include "jobs/settle/accounts/settings.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace harmonia::cli {
namespace {

class PurgeArchive final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("AREA", areas_,
                       "of these, all without: " + join(purge_archive::area_names(), ", "));
        app.add_option("--older-than", older_than_, "instead of purge_archive.older_than")
            ->type_name("DAYS");
        app.add_flag("--dry-run", dry_run_, "count what would go, remove nothing");
    }

    [[nodiscard]] std::vector<std::string> roles() const override {
        return areas_ == std::vector<std::string>{"accounts"} ? areas_ : std::vector<std::string>{};
    }

    Report run(Context& context) override {
        namespace purge = purge_archive;
        const auto settings = context.database();
        const auto root =
            config::with_store(context.config, config_store::read(*db::connect(settings)));
        const auto path = [&](const char* key) { return config::lookup(root, key)->as_text(); };
        purge::Plan plan;
        plan.areas = purge::parse_areas(areas_);
        plan.retention = purge::Retention::read(
            root,
            older_than_.empty() ? std::nullopt : std::optional(purge::parse_days(older_than_)));
        plan.folders = {path("import.archive"), path("import.rejected")};
        plan.imports = path("import.base");
        plan.dry_run = dry_run_;
        if (std::find(plan.areas.begin(), plan.areas.end(), purge::Area::accounts) !=
            plan.areas.end())
            add_accounts(context, root, plan);
        const auto outcome = purge::run(settings, plan);
        Report report;
        report.exit = outcome.busy == 0 ? Exit::done : Exit::try_again;
        report.counts = outcome.counts;
        for (const auto& [name, count] : report.counts)
            report.text += name + ": " + std::to_string(count) + "\n";
        report.text += dry_run_ ? "nothing was removed (--dry-run)\n" : "";
        return report;
    }

private:
    static void add_accounts(const Context& context, const config::Value& root,
                             purge_archive::Plan& plan) {
        plan.accounts_database = context.database("accounts");
        const auto threshold_us = settle::accounts::read_settings(root).archive_threshold_us;
        if (threshold_us > 0)
            plan.accounts_before = time::print_utc(threshold_us);
    }

    std::vector<std::string> areas_;
    std::string older_than_;
    bool dry_run_ = false;
};

} // namespace

std::unique_ptr<Command> make_purge_archive() {
    return std::make_unique<PurgeArchive>();
}

} // namespace harmonia::cli
