// `harmonia purge-archive`: builds the plan from retention and options, and runs it.
#include "cli/frame/command.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/time/civil.hpp"
#include "jobs/config_store/store.hpp"
#include "jobs/purge_archive/run.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

class PurgeArchive final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.texts("AREA", areas_,
                        fmt::format("areas to purge: {} [default: all]",
                                    join(purge_archive::area_names(), ", ")));
        arguments.text("--older-than DAYS", older_than_,
                       "age to purge from, for example 90d [default: purge_archive.older_than]");
        arguments.flag("--dry-run", dry_run_, "count what would be removed; remove nothing");
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
