#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "core/base/text.hpp"
#include "jobs/screen/explain_run.hpp"
#include "jobs/screen/explain_text.hpp"
#include "jobs/screen/review.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using screen::Decision;

/// False: nothing was left to do.
bool decide(const Context& context, db::Connection& connection, long long payment,
            screen::DecisionFacts facts) {
    const screen::PublishSettings settings = screen_settings(context).publish;
    facts.publish = settings.publish;
    facts.legacy_reply = settings.legacy_reply;
    return screen::decide_review(connection, payment, facts);
}

class Review final : public ScreenGroup {
public:
    void setup(CLI::App& screen) override {
        app_ = screen.add_subcommand("review", "what people must look at, and what they decide");
        app_->require_subcommand(1);
        list_ = app_->add_subcommand("list", "open items, those due first");
        list_->add_option("--queue", filter_.queue, "of one queue (the rule set's name)");
        list_->add_flag("--due", filter_.due, "overdue ones only");
        list_->add_option("--limit", filter_.limit)->check(CLI::PositiveNumber);
        show_ = app_->add_subcommand("show", "what happened to a payment, and why");
        approve_ = app_->add_subcommand("approve", "let a payment under review go on");
        decline_ = app_->add_subcommand("decline", "decline a payment under review");
        override_ = app_->add_subcommand("override", "approve a payment that was declined");
        assign_ = app_->add_subcommand("assign", "say who looks at a payment");
        for (CLI::App* verb : {show_, approve_, decline_, override_, assign_})
            verb->add_option("PAYMENT", payment_, "the database's number")->required();
        for (CLI::App* verb : {approve_, decline_})
            verb->add_option("--reason", reason_, "why");
        override_->add_option("--reason", reason_, "why")->required();
        assign_->add_option("--to", to_, "who; nobody without");
        for (CLI::App* verb : {approve_, decline_, override_})
            add_by(*verb, by_);
    }
    [[nodiscard]] bool parsed() const override { return app_->parsed(); }
    [[nodiscard]] bool recorded() const override { return !list_->parsed() && !show_->parsed(); }

    Report run(Context& context) override {
        if (show_->parsed())
            return show(context);
        const auto connection = db::connect(context.database());
        if (list_->parsed())
            return list(*connection);
        if (assign_->parsed()) {
            screen::assign_review(*connection, payment_, to_);
            return {Exit::done, {{"assigned", 1}}, "", ""};
        }
        const Decision decision = approve_->parsed()   ? Decision::approve
                                  : decline_->parsed() ? Decision::decline
                                                       : Decision::override_decline;
        decide(context, *connection, payment_, {decision, person(by_), reason_});
        return {Exit::done,
                {{"decided", 1}},
                fmt::format("payment {} is {}\n", payment_,
                            decision == Decision::decline ? "declined" : "approved"),
                ""};
    }

private:
    Report list(db::Connection& connection) const {
        std::vector<std::vector<std::string>> rows{
            {"payment", "transaction", "queue", "score", "decided by", "due", "assignee"}};
        std::string json;
        for (const auto& one : screen::list_reviews(connection, filter_)) {
            rows.push_back({std::to_string(one.payment_id), one.source + "/" + one.external_id,
                            one.queue, std::to_string(one.score), one.decided_by, one.due_at,
                            one.assignee});
            json += fmt::format(
                R"({}{{"payment": {}, "transaction": {}, "queue": {}, "score": {}, "decided_by": {}, "due_at": {}, "overdue": {}, "assignee": {}}})",
                json.empty() ? "" : ", ", one.payment_id,
                json_quoted(one.source + "/" + one.external_id), json_quoted(one.queue), one.score,
                json_quoted(one.decided_by), json_quoted(one.due_at), one.overdue,
                json_quoted(one.assignee));
        }
        return {Exit::done,
                {{"items", static_cast<std::int64_t>(rows.size()) - 1}},
                rows.size() == 1 ? "nothing is under review\n" : table(rows),
                "[" + json + "]"};
    }

    Report show(const Context& context) const {
        Report report = explain_verdict(context, payment_, false);
        const auto connection = db::connect(context.database());
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        for (const auto& line : screen::state_history(tx, payment_))
            report.text += fmt::format("{}  {} → {} by {} ({})\n", line.at, line.from, line.to,
                                       line.actor, line.cause);
        return report;
    }

    CLI::App *app_ = nullptr, *list_ = nullptr, *show_ = nullptr, *approve_ = nullptr,
             *decline_ = nullptr, *override_ = nullptr, *assign_ = nullptr;
    screen::ReviewFilter filter_;
    long long payment_ = 0;
    std::string reason_, by_, to_;
};

class ExplainVerdict final : public ScreenGroup {
public:
    void setup(CLI::App& screen) override {
        app_ = screen.add_subcommand("explain", "why a payment was judged as it was");
        app_->add_option("PAYMENT", payment_, "the database's number")->required();
        auto* now = app_->add_flag("--now", now_, "by the active version and what is known now");
        app_->add_flag("--as-decided", as_decided_,
                       "with the pins of its run (the default); exit 70 if the digest differs")
            ->excludes(now);
    }
    [[nodiscard]] bool parsed() const override { return app_->parsed(); }
    [[nodiscard]] bool recorded() const override { return false; }
    Report run(Context& context) override { return explain_verdict(context, payment_, now_); }

private:
    CLI::App* app_ = nullptr;
    long long payment_ = 0;
    bool now_ = false, as_decided_ = false;
};

class Void final : public ScreenGroup {
public:
    void setup(CLI::App& screen) override {
        app_ = screen.add_subcommand("void", "take out a payment that its source cancelled");
        app_->add_option("PAYMENT", payment_, "the database's number")->required();
        app_->add_option("--reason", reason_, "why")->required();
        add_by(*app_, by_);
    }
    [[nodiscard]] bool parsed() const override { return app_->parsed(); }
    [[nodiscard]] bool recorded() const override { return true; }
    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        const bool moved =
            decide(context, *connection, payment_, {Decision::cancel, person(by_), reason_});
        return {Exit::done,
                {{"voided", moved ? 1 : 0}},
                fmt::format("payment {} is void{}\n", payment_, moved ? "" : " already"),
                ""};
    }

private:
    CLI::App* app_ = nullptr;
    long long payment_ = 0;
    std::string reason_, by_;
};

} // namespace

Report explain_verdict(const Context& context, long long payment_id, bool now) {
    const auto one = screen::explain_payment(context.database(), payment_id, now);
    Report report;
    report.text = fmt::format("payment {} ({}/{}) {}  {}  {} {}  {}\n", one.payment_id, one.source,
                              printable(one.external_id), one.event_time, one.card, one.amount,
                              one.currency, one.state);
    report.text += now ? fmt::format("as of now  {}@{} {}  cut {}\n", one.ruleset_name, one.version,
                                     one.digest.substr(0, 12), one.cut_seq)
                       : fmt::format("verdict {} rev {}  run {}  {}@{} {}  cut {}\n",
                                     one.verdict_id, one.rev, one.run, one.ruleset_name,
                                     one.version, one.digest.substr(0, 12), one.cut_seq);
    report.text += screen::print_explanation(one.explanation, one.ruleset);
    if (!one.reproduced) {
        report.exit = Exit::internal;
        report.text +=
            fmt::format("the stored verdict has another digest: {}\n", one.verdict_digest);
    }
    report.data_json = fmt::format(
        R"({{"payment": {}, "transaction": {}, "state": "{}", "verdict": {}, "rev": {}, "run": {}, "ruleset": {}, "version": {}, "cut": {}, "reproduced": {}, "explanation": {}}})",
        one.payment_id, json_quoted(one.source + "/" + one.external_id), one.state, one.verdict_id,
        one.rev, one.run, json_quoted(one.ruleset_name), one.version, one.cut_seq, one.reproduced,
        screen::explanation_json(one.explanation, one.ruleset));
    return report;
}

std::unique_ptr<ScreenGroup> make_screen_review() {
    return std::make_unique<Review>();
}

std::unique_ptr<ScreenGroup> make_screen_void() {
    return std::make_unique<Void>();
}

std::unique_ptr<ScreenGroup> make_screen_explain() {
    return std::make_unique<ExplainVerdict>();
}

} // namespace harmonia::cli
