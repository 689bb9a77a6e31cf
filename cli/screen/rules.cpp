// `harmonia screen rules`: the life of a rule set's versions.
#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/json/writer.hpp"
#include "jobs/screen/manage/versions.hpp"
#include "jobs/screen/store/settings.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using screen::RulesetName;

class Rules final : public ScreenGroup {
public:
    void setup(Arguments screen) override {
        verb_ = screen.subcommand("rules", "check, version, activate and compare rule sets");
        verb_.require_subcommand();
        check_ = verb_.subcommand("check", "parse and type-check a rule set file");
        submit_ = verb_.subcommand("submit", "store a file as the next version, a draft");
        approve_ = verb_.subcommand("approve", "approve a draft as a second person");
        activate_ = verb_.subcommand("activate", "judge by this version from now on");
        rollback_ = verb_.subcommand("rollback", "judge by the previous version again");
        shadow_ = verb_.subcommand("shadow", "also judge by a candidate, without consequences");
        list_ = verb_.subcommand("list", "list rule sets and their versions");
        show_ = verb_.subcommand("show", "print a stored version");
        backtest_->setup(verb_);
        for (Arguments* verb : {&check_, &submit_})
            verb->text("FILE", file_, "rule set in YAML").required();
        for (Arguments* verb : {&approve_, &activate_, &shadow_})
            verb->text("NAME@VERSION", name_, "rule set and version, for example cards@3")
                .required();
        rollback_.text("NAME", name_, "rule set").required();
        show_.text("NAME[@VERSION]", name_, "rule set [default: its live version]").required();
        list_.text("NAME", name_, "only this rule set");
        for (Arguments* verb : {&submit_, &approve_, &activate_, &rollback_, &shadow_})
            add_by(*verb, by_);
        for (Arguments* verb : {&submit_, &activate_, &rollback_})
            verb->text("--note TEXT", note_, "why, kept with the version");
        shadow_.text("--until DATE", until_, "when it ends, a date or an instant").required();
    }
    [[nodiscard]] bool parsed() const override { return verb_.parsed(); }
    [[nodiscard]] bool recorded() const override {
        return !check_.parsed() && !list_.parsed() && !show_.parsed() && !backtest_->parsed();
    }

    Report run(Context& context) override {
        if (check_.parsed())
            return check();
        if (backtest_->parsed())
            return backtest_->run(context);
        const auto connection = db::connect(context.database());
        if (list_.parsed())
            return list(*connection);
        if (show_.parsed())
            return show(*connection);
        if (submit_.parsed())
            return submit(*connection);
        if (rollback_.parsed()) {
            const int version = screen::rollback_ruleset(*connection, name_, person(by_), note_,
                                                         screen_settings(context).publish.alerts);
            return {Exit::done, {}, fmt::format("{}@{} is active again\n", name_, version), ""};
        }
        const RulesetName wanted = screen::parse_ruleset_name(name_);
        if (approve_.parsed()) {
            screen::approve_ruleset(*connection, wanted, person(by_),
                                    screen_settings(context).second_person);
            return {Exit::done, {}, fmt::format("{} is approved\n", name_), ""};
        }
        if (activate_.parsed()) {
            screen::activate_ruleset(*connection, wanted, person(by_), note_,
                                     screen_settings(context).publish.alerts);
            return {Exit::done, {}, fmt::format("{} is active\n", name_), ""};
        }
        screen::shadow_ruleset(*connection, wanted, until_, person(by_));
        return {Exit::done, {}, fmt::format("{} is a shadow until {}\n", name_, until_), ""};
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
        report.data_json = json::Writer()
                               .open('{')
                               .member("ruleset", file.ruleset.name)
                               .member("digest", file.ruleset.digest)
                               .close('}')
                               .take();
        return report;
    }

    Report submit(db::Connection& connection) const {
        const auto file = screen::read_ruleset_file(file_);
        const int version = screen::submit_ruleset(connection, file, person(by_), note_);
        return {Exit::done,
                {{"version", version}},
                fmt::format("{}@{} is a draft (digest {})\n", file.ruleset.name, version,
                            file.ruleset.digest.substr(0, 12)),
                json::Writer()
                    .open('{')
                    .member("ruleset", file.ruleset.name)
                    .member("version", version)
                    .member("digest", file.ruleset.digest)
                    .close('}')
                    .take()};
    }

    Report list(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const auto all = screen::list_rulesets(tx, name_);
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"rule set", "status", "digest", "submitted", "by", "approved by", "note"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& one : all) {
            rows.push_back({fmt::format("{}@{}", one.name, one.version), one.status,
                            one.digest.substr(0, 12), one.submitted_at, one.submitted_by,
                            one.approved_by, one.note});
            writer.open('{')
                .member("ruleset", one.name)
                .member("version", one.version)
                .member("status", one.status)
                .member("digest", one.digest)
                .member("submitted_by", one.submitted_by)
                .member("approved_by", one.approved_by)
                .member("note", one.note)
                .close('}');
        }
        report.text = all.empty() ? "no rule sets\n" : table(rows);
        report.counts = {{"versions", static_cast<std::int64_t>(all.size())}};
        report.data_json = writer.close(']').take();
        return report;
    }

    Report show(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const auto found = screen::find_ruleset(tx, screen::parse_ruleset_name(name_));
        if (!found)
            throw Error(Exit::no_input, fmt::format("there is no rule set {}", name_),
                        "harmonia screen rules list lists them.");
        return {Exit::done,
                {{"version", found->version}},
                found->yaml,
                json::Writer()
                    .open('{')
                    .member("ruleset", found->name)
                    .member("version", found->version)
                    .member("status", found->status)
                    .member("digest", found->digest)
                    .member("yaml", found->yaml)
                    .close('}')
                    .take()};
    }

    Arguments verb_, check_, submit_, approve_, activate_, rollback_, shadow_, list_, show_;
    std::unique_ptr<ScreenGroup> backtest_ = make_screen_backtest();
    std::string file_, name_, by_, note_, until_;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_rules() {
    return std::make_unique<Rules>();
}

} // namespace harmonia::cli
