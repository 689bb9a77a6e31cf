#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "jobs/screen/rules.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using screen::RulesetName;

class Rules final : public ScreenGroup {
public:
    void setup(CLI::App& screen) override {
        app_ = screen.add_subcommand("rules", "check, version, activate and compare rule sets");
        app_->require_subcommand(1);
        check_ = app_->add_subcommand("check", "parse and type-check a rule set file");
        submit_ = app_->add_subcommand("submit", "store a file as the next version, a draft");
        approve_ = app_->add_subcommand("approve", "a second person agrees to a draft");
        activate_ = app_->add_subcommand("activate", "judge by this version from now on");
        rollback_ = app_->add_subcommand("rollback", "judge by the former version again");
        shadow_ = app_->add_subcommand("shadow", "judge by a candidate too, without consequence");
        list_ = app_->add_subcommand("list", "list rule sets and their versions");
        show_ = app_->add_subcommand("show", "print a stored version");
        backtest_->setup(*app_);
        for (CLI::App* verb : {check_, submit_})
            verb->add_option("FILE", file_, "a rule set in YAML")->required();
        for (CLI::App* verb : {approve_, activate_, shadow_})
            verb->add_option("NAME@VERSION", name_)->required();
        for (CLI::App* verb : {rollback_, show_})
            verb->add_option("NAME", name_)->required();
        list_->add_option("NAME", name_);
        for (CLI::App* verb : {submit_, approve_, activate_, rollback_, shadow_})
            add_by(*verb, by_);
        for (CLI::App* verb : {submit_, activate_, rollback_})
            verb->add_option("--note", note_, "why");
        shadow_->add_option("--until", until_, "when it ends: a date or an instant")->required();
    }
    [[nodiscard]] bool parsed() const override { return app_->parsed(); }
    [[nodiscard]] bool recorded() const override {
        return !check_->parsed() && !list_->parsed() && !show_->parsed() && !backtest_->parsed();
    }

    Report run(Context& context) override {
        if (check_->parsed())
            return check();
        if (backtest_->parsed())
            return backtest_->run(context);
        const auto connection = db::connect(context.database());
        if (list_->parsed())
            return list(*connection);
        if (show_->parsed())
            return show(*connection);
        if (submit_->parsed())
            return submit(*connection);
        if (rollback_->parsed()) {
            const int version = screen::rollback_ruleset(*connection, name_, person(by_), note_,
                                                         screen_settings(context).publish.alerts);
            return {Exit::done, {}, fmt::format("{}@{} is active again\n", name_, version), ""};
        }
        const RulesetName wanted = screen::parse_ruleset_name(name_);
        if (approve_->parsed()) {
            screen::approve_ruleset(*connection, wanted, person(by_),
                                    screen_settings(context).second_person);
            return {Exit::done, {}, fmt::format("{} is approved\n", name_), ""};
        }
        if (activate_->parsed()) {
            screen::activate_ruleset(*connection, wanted, person(by_), note_,
                                     screen_settings(context).publish.alerts);
            return {Exit::done, {}, fmt::format("{} is active\n", name_), ""};
        }
        screen::shadow_ruleset(*connection, wanted, until_, person(by_));
        return {Exit::done, {}, fmt::format("{} judges beside it until {}\n", name_, until_), ""};
    }

private:
    Report check() const {
        const auto file = screen::read_ruleset_file(file_);
        Report report;
        for (const std::string& warning : file.ruleset.warnings)
            report.text += "warning: " + warning + "\n";
        report.text += fmt::format("{}: {} rules, {} features, digest {}\n", file.ruleset.name,
                                   file.ruleset.rules.size(), file.ruleset.features.size(),
                                   file.ruleset.digest);
        report.counts = {{"rules", static_cast<std::int64_t>(file.ruleset.rules.size())},
                         {"features", static_cast<std::int64_t>(file.ruleset.features.size())},
                         {"warnings", static_cast<std::int64_t>(file.ruleset.warnings.size())}};
        report.data_json = fmt::format(R"({{"ruleset": {}, "digest": "{}"}})",
                                       json_quoted(file.ruleset.name), file.ruleset.digest);
        return report;
    }

    Report submit(db::Connection& connection) const {
        const auto file = screen::read_ruleset_file(file_);
        const int version = screen::submit_ruleset(connection, file, person(by_), note_);
        return {Exit::done,
                {{"version", version}},
                fmt::format("{}@{} is a draft (digest {})\n", file.ruleset.name, version,
                            file.ruleset.digest.substr(0, 12)),
                fmt::format(R"({{"ruleset": {}, "version": {}, "digest": "{}"}})",
                            json_quoted(file.ruleset.name), version, file.ruleset.digest)};
    }

    Report list(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const auto all = screen::list_rulesets(tx, name_);
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"rule set", "status", "digest", "submitted", "by", "approved by", "note"}};
        std::string json;
        for (const auto& one : all) {
            rows.push_back({fmt::format("{}@{}", one.name, one.version), one.status,
                            one.digest.substr(0, 12), one.submitted_at, one.submitted_by,
                            one.approved_by, one.note});
            json += fmt::format(
                R"({}{{"ruleset": {}, "version": {}, "status": "{}", "digest": "{}", "submitted_by": {}, "approved_by": {}, "note": {}}})",
                json.empty() ? "" : ", ", json_quoted(one.name), one.version, one.status,
                one.digest, json_quoted(one.submitted_by), json_quoted(one.approved_by),
                json_quoted(one.note));
        }
        report.text = all.empty() ? "no rule set is stored\n" : table(rows);
        report.counts = {{"versions", static_cast<std::int64_t>(all.size())}};
        report.data_json = "[" + json + "]";
        return report;
    }

    Report show(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const auto found = screen::find_ruleset(tx, screen::parse_ruleset_name(name_));
        if (!found)
            throw Error(Exit::no_input, fmt::format("there is no rule set {}", name_),
                        "harmonia screen rules list shows them.");
        return {
            Exit::done,
            {{"version", found->version}},
            found->yaml,
            fmt::format(
                R"({{"ruleset": {}, "version": {}, "status": "{}", "digest": "{}", "yaml": {}}})",
                json_quoted(found->name), found->version, found->status, found->digest,
                json_quoted(found->yaml))};
    }

    CLI::App *app_ = nullptr, *check_ = nullptr, *submit_ = nullptr, *approve_ = nullptr,
             *activate_ = nullptr, *rollback_ = nullptr, *shadow_ = nullptr, *list_ = nullptr,
             *show_ = nullptr;
    std::unique_ptr<ScreenGroup> backtest_ = make_screen_backtest();
    std::string file_, name_, by_, note_, until_;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_rules() {
    return std::make_unique<Rules>();
}

} // namespace harmonia::cli
