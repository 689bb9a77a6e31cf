// `harmonia screen`: runs and replays. The groups of verbs are in cli/screen/.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/base/log.hpp"
#include "core/json/writer.hpp"
#include "jobs/screen/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace harmonia::cli {
namespace {

constexpr std::size_t k_top_rules = 5; // named in the line of a run

std::string top_rules(const screen::RunResult& run) {
    auto rules = run.rules;
    std::erase_if(
        rules, [](const auto& rule) { return rule.second.hits == 0; });
    std::stable_sort(rules.begin(), rules.end(),
                     [](const auto& a, const auto& b) { return a.second.hits > b.second.hits; });
    std::string out;
    for (std::size_t i = 0; i < std::min(rules.size(), k_top_rules); ++i)
        out +=
            fmt::format("{}{} {}", i == 0 ? "; top " : ", ", rules[i].first, rules[i].second.hits);
    return out;
}

std::string line_of(const screen::RunResult& run) {
    std::string out = fmt::format(
        "{} {}@{} cut {}: {} rows in {:.1f} s ({}); approved {}, review {}, declined "
        "{}; alerts {} ({} suppressed)",
        run.run == 0 ? "dry run" : fmt::format("run {}", run.run), run.ruleset, run.version,
        run.cut_seq, run.counts.rows, run.seconds, run.engine, run.counts.approved,
        run.counts.review, run.counts.declined, run.counts.alerts, run.counts.suppressed);
    out += top_rules(run);
    if (run.stale != 0)
        out += fmt::format("; {} earlier verdicts are stale", run.stale);
    if (run.counts.late_evidence != 0)
        out += fmt::format("; late evidence on {} payments already admitted by match",
                           run.counts.late_evidence);
    if (run.no_rate != 0)
        out += fmt::format("; {} amounts without an exchange rate (W-FX)", run.no_rate);
    if (run.shadow_version != 0)
        out += fmt::format("; shadow {}@{}", run.ruleset, run.shadow_version);
    return out + "\n";
}

void write_run(json::Writer& writer, const screen::RunResult& run) {
    writer.open('{')
        .member("run", run.run)
        .member("ruleset", run.ruleset)
        .member("version", run.version)
        .member("shadow_version", run.shadow_version)
        .member("engine", run.engine)
        .member("cut", run.cut_seq)
        .member("rows", run.counts.rows)
        .member("approved", run.counts.approved)
        .member("review", run.counts.review)
        .member("declined", run.counts.declined)
        .member("alerts", run.counts.alerts)
        .member("suppressed", run.counts.suppressed)
        .member("late_evidence", run.counts.late_evidence)
        .member("stale", run.stale)
        .member("no_rate", run.no_rate)
        .key("seconds")
        .raw(fmt::format("{:.3f}", run.seconds))
        .key("rules")
        .open('[');
    for (const auto& [id, count] : run.rules)
        writer.open('{')
            .member("rule", id)
            .member("hits", count.hits)
            .member("shadow", count.shadow)
            .member("suppressed", count.suppressed)
            .member("unknown", count.unknown)
            .close('}');
    writer.close(']').close('}');
}

screen::Engine engine_named(const std::string& name) {
    return name == "scan"    ? screen::Engine::scan
           : name == "probe" ? screen::Engine::probe
           : name == "sql"   ? screen::Engine::sql
                             : screen::Engine::automatic;
}

Report report_of(const screen::Outcomes& outcomes) {
    Report report;
    screen::ChunkCounts sum;
    json::Writer writer;
    writer.open('{').key("runs").open('[');
    for (const screen::RunResult& run : outcomes.runs) {
        sum.add(run.counts);
        report.text += line_of(run);
        write_run(writer, run);
    }
    writer.close(']').key("inactive").open('[');
    for (const std::string& name : outcomes.inactive) {
        report.exit = Exit::config;
        report.text += fmt::format("rule set '{}' has no active version: its payments stay held "
                                   "(harmonia screen rules activate {}@1)\n",
                                   name, name);
        writer.string(name);
    }
    if (report.text.empty())
        report.text = "nothing to do\n";
    report.counts = {{"rows", sum.rows},     {"approved", sum.approved},
                     {"review", sum.review}, {"declined", sum.declined},
                     {"alerts", sum.alerts}, {"suppressed", sum.suppressed}};
    report.data_json = writer.close(']').close('}').take();
    return report;
}

class Screen final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.texts("RULESET", options_.rulesets,
                        "rule sets whose payments to judge [default: all]");
        arguments.number("--limit N", options_.limit, "judge only the N earliest payments")
            .positive();
        auto dry = arguments.flag("--dry-run", options_.dry_run, "judge and count; write nothing");
        auto rescreen =
            arguments.text("--rescreen stale", rescreen_, "judge again what late events made stale")
                .choices({"stale"});
        auto replay = arguments.number(
            "--replay RUN", replay_,
            "judge a run's payments again with its pins; exit 70 if a digest differs");
        arguments.duration("--settle DURATION", settle_,
                           "leave events younger than this to a later run [default: 0s]");
        arguments
            .text("--engine scan|probe|sql", engine_,
                  "how to read the history [default: scan or probe, by its size]")
            .choices({"scan", "probe", "sql"});
        arguments
            .number("--threads N", options_.threads,
                    "judging threads, 1 to 64 [default: screening.threads]")
            .range(1, 64);
        add_memory(arguments, memory_);
        arguments.duration("--wait DURATION", wait_,
                           "how long to wait for a rule set locked by another run [default: 0s]");
        arguments.flag("--legacy-reply", legacy_reply_,
                       "add the reply of the 2018 fraud service to verdict messages");
        auto follow =
            arguments.flag("--follow", follow_, "keep running and judge payments as they arrive");
        replay.excludes(dry).excludes(rescreen).excludes(follow);
        follow.excludes(dry).excludes(rescreen);
        for (const auto& group : groups_)
            group->setup(arguments);
    }

    [[nodiscard]] Needs needs() const override {
        if (const ScreenGroup* group = chosen())
            return group->recorded() ? Needs::recorded_run : Needs::config;
        return options_.dry_run || replay_ ? Needs::config : Needs::recorded_run;
    }

    Report run(Context& context) override {
        if (ScreenGroup* group = chosen())
            return group->run(context);
        screen::Settings settings = screen_settings(context);
        apply_memory(memory_, settings);
        if (legacy_reply_ && !settings.publish.publish)
            throw Error(Exit::usage, "--legacy-reply requires verdict messages",
                        "Set screening.publish to true.");
        settings.publish.legacy_reply = settings.publish.legacy_reply || legacy_reply_;
        options_.run_id = context.run_id;
        options_.engine = engine_named(engine_);
        options_.rescreen = !rescreen_.empty();
        options_.settle_us = settle_.value_or(Milliseconds(0)).count() * 1000;
        options_.wait = wait_.value_or(options_.wait);
        if (replay_)
            return replay(settings);
        if (!follow_)
            return report_of(screen::run(settings, options_));
        screen::follow(settings, options_, [](const screen::Outcomes& outcomes) {
            for (const screen::RunResult& run : outcomes.runs) {
                std::string line = line_of(run);
                line.pop_back();
                log::info(line);
            }
        });
        return {};
    }

private:
    [[nodiscard]] ScreenGroup* chosen() const {
        for (const auto& group : groups_)
            if (group->parsed())
                return group.get();
        return nullptr;
    }

    Report replay(const screen::Settings& settings) const {
        const auto done = screen::replay(settings, *replay_, options_.engine, options_.threads);
        Report report;
        report.exit = done.different == 0 ? Exit::done : Exit::internal;
        report.counts = {{"rows", done.rows}, {"different", done.different}};
        report.text = fmt::format("run {} {}@{}: {} verdicts judged again, {} differ\n", *replay_,
                                  done.ruleset, done.version, done.rows, done.different);
        for (const std::int64_t id : done.examples)
            report.text += fmt::format("payment {} differs\n", id);
        return report;
    }

    std::vector<std::unique_ptr<ScreenGroup>> groups_ = [] {
        std::vector<std::unique_ptr<ScreenGroup>> made;
        made.push_back(make_screen_rules());
        made.push_back(make_screen_lists());
        made.push_back(make_screen_review());
        made.push_back(make_screen_explain());
        made.push_back(make_screen_void());
        return made;
    }();
    screen::Options options_;
    std::string rescreen_, engine_, memory_;
    std::optional<Milliseconds> settle_, wait_;
    std::optional<std::int64_t> replay_;
    bool follow_ = false, legacy_reply_ = false;
};

} // namespace

std::unique_ptr<Command> make_screen() {
    return std::make_unique<Screen>();
}

} // namespace harmonia::cli
