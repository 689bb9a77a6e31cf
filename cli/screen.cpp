#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "jobs/screen/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace harmonia::cli {
namespace {

constexpr std::size_t k_top_rules = 5; // named in the line of a run

std::string top_rules(const screen::RunResult& run) {
    auto rules = run.rules;
    std::erase_if(rules, [](const auto& rule) { return rule.second.hits == 0; });
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
        out += fmt::format("; late evidence on {} payments that were handed over",
                           run.counts.late_evidence);
    if (run.no_rate != 0)
        out += fmt::format("; W-FX {} amounts without a rate", run.no_rate);
    if (run.shadow_version != 0)
        out += fmt::format("; beside it {}@{}", run.ruleset, run.shadow_version);
    return out + "\n";
}

std::string json_of(const screen::RunResult& run) {
    std::string rules;
    for (const auto& [id, count] : run.rules)
        rules += fmt::format(
            R"({}{{"rule": {}, "hits": {}, "shadow": {}, "suppressed": {}, "unknown": {}}})",
            rules.empty() ? "" : ", ", json_quoted(id), count.hits, count.shadow, count.suppressed,
            count.unknown);
    return fmt::format(
        R"({{"run": {}, "ruleset": {}, "version": {}, "shadow_version": {}, "engine": "{}", "cut": {}, "rows": {}, "approved": {}, "review": {}, "declined": {}, "alerts": {}, "suppressed": {}, "late_evidence": {}, "stale": {}, "no_rate": {}, "seconds": {:.3f}, "rules": [{}]}})",
        run.run, json_quoted(run.ruleset), run.version, run.shadow_version, run.engine, run.cut_seq,
        run.counts.rows, run.counts.approved, run.counts.review, run.counts.declined,
        run.counts.alerts, run.counts.suppressed, run.counts.late_evidence, run.stale, run.no_rate,
        run.seconds, rules);
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
    std::string runs, inactive;
    for (const screen::RunResult& run : outcomes.runs) {
        sum.add(run.counts);
        report.text += line_of(run);
        runs += (runs.empty() ? "" : ", ") + json_of(run);
    }
    for (const std::string& name : outcomes.inactive) {
        report.exit = Exit::config;
        report.text += fmt::format("no version of rule set '{}' is active: its payments stay held "
                                   "(harmonia screen rules activate {}@1)\n",
                                   name, name);
        inactive += (inactive.empty() ? "" : ", ") + json_quoted(name);
    }
    if (report.text.empty())
        report.text = "nothing to do\n";
    report.counts = {{"rows", sum.rows},     {"approved", sum.approved},
                     {"review", sum.review}, {"declined", sum.declined},
                     {"alerts", sum.alerts}, {"suppressed", sum.suppressed}};
    report.data_json = fmt::format(R"({{"runs": [{}], "inactive": [{}]}})", runs, inactive);
    return report;
}

class Screen final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("RULESET", options_.rulesets, "only what these rule sets must approve");
        app.add_option("--limit", options_.limit, "judge the earliest N payments at most")
            ->check(CLI::PositiveNumber);
        auto* dry = app.add_flag("--dry-run", options_.dry_run, "judge and count, write nothing");
        auto* rescreen =
            app.add_option("--rescreen", rescreen_, "judge again what late events made stale")
                ->check(CLI::IsMember({"stale"}));
        auto* replay = app.add_option("--replay", replay_,
                                      "judge a run's payments again with its "
                                      "pins; exit 70 if a digest differs")
                           ->type_name("RUN");
        app.add_option("--settle", settle_, "leave events younger than this to a later run")
            ->type_name("DURATION");
        app.add_option("--engine", engine_, "scan, probe or sql; scan or probe by size without")
            ->check(CLI::IsMember({"scan", "probe", "sql"}));
        app.add_option("--threads", options_.threads, "threads that judge; one a processor without")
            ->check(CLI::Range(1U, 64U));
        add_memory(app, memory_);
        app.add_option("--wait", wait_, "how long to wait for a rule set that another run holds")
            ->type_name("DURATION");
        app.add_flag("--legacy-reply", legacy_reply_,
                     "messages of verdicts also hold the answer of the 2018 fraud service");
        auto* follow = app.add_flag("--follow", follow_, "stay, and judge what comes");
        replay->excludes(dry)->excludes(rescreen)->excludes(follow);
        follow->excludes(dry)->excludes(rescreen);
        for (const auto& group : groups_)
            group->setup(app);
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
            throw Error(Exit::usage, "--legacy-reply without messages that it could be part of",
                        "Set screening.publish to true.");
        settings.publish.legacy_reply = settings.publish.legacy_reply || legacy_reply_;
        options_.run_id = context.run_id;
        options_.engine = engine_named(engine_);
        options_.rescreen = !rescreen_.empty();
        if (!settle_.empty())
            options_.settle_us = duration_ms("--settle", settle_) * 1000;
        if (!wait_.empty())
            options_.wait = std::chrono::milliseconds(duration_ms("--wait", wait_));
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
    std::string rescreen_, settle_, engine_, memory_, wait_;
    std::optional<long long> replay_;
    bool follow_ = false, legacy_reply_ = false;
};

} // namespace

std::string person(const std::string& by) {
    if (!by.empty())
        return by;
    const passwd* user = ::getpwuid(::geteuid());
    return user ? user->pw_name : std::to_string(::geteuid());
}

void add_by(CLI::App& verb, std::string& by) {
    verb.add_option("--by", by, "who answers for it; the operating system's user without")
        ->type_name("PERSON");
}

long long duration_ms(const char* option, const std::string& text) {
    const auto ms = parse_duration_ms(text);
    if (!ms || *ms < 0)
        throw Error(Exit::usage, fmt::format("{}: '{}' is no duration", option, printable(text)),
                    "Write 30s, 15m, 24h or 7d.");
    return *ms;
}

void add_memory(CLI::App& verb, std::string& memory) {
    verb.add_option("--memory", memory,
                    "about how much to use: a history that takes more is read in parts (1GiB)")
        ->type_name("SIZE");
}

void apply_memory(const std::string& memory, screen::Settings& settings) {
    if (memory.empty())
        return;
    const auto bytes = parse_size_bytes(memory);
    if (!bytes || static_cast<std::uint64_t>(*bytes) < screen::k_memory_min)
        throw Error(Exit::usage, fmt::format("--memory {} is not a size of 64MiB or more", memory),
                    "Write a number with its unit: 512MiB or 2GiB.");
    settings.memory = static_cast<std::uint64_t>(*bytes);
}

screen::Settings screen_settings(const Context& context) {
    return screen::read_settings(context.config, context.database());
}

std::unique_ptr<Command> make_screen() {
    return std::make_unique<Screen>();
}

} // namespace harmonia::cli
