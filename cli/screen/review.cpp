// `harmonia screen review`, `explain` and `void`: what people decide, and why a verdict is as it
// is.
#include "jobs/screen/manage/review.hpp"

#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/screen/judge/explain_text.hpp"
#include "jobs/screen/manage/explain_run.hpp"
#include "jobs/screen/store/settings.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using screen::Decision;

/// False: nothing was left to do.
bool decide(const Context& context, db::Connection& connection, std::int64_t payment,
            screen::DecisionFacts facts) {
    const screen::PublishSettings settings = screen_settings(context).publish;
    facts.publish = settings.publish;
    facts.legacy_reply = settings.legacy_reply;
    return screen::decide_review(connection, payment, facts);
}

class Review final : public ScreenGroup {
public:
    void setup(Arguments screen) override {
        verb_ = screen.subcommand("review", "list and decide payments under review");
        verb_.require_subcommand();
        list_ = verb_.subcommand("list", "list payments under review, the earliest due first");
        list_.text("--queue NAME", filter_.queue, "only of this queue, the rule set's name");
        list_.flag("--due", filter_.due, "only overdue ones");
        list_
            .number("--limit ROWS", filter_.limit,
                    fmt::format("maximum rows [default: {}]", filter_.limit))
            .positive();
        show_ = verb_.subcommand("show", "show a payment's verdict and history");
        approve_ = verb_.subcommand("approve", "approve a payment under review");
        decline_ = verb_.subcommand("decline", "decline a payment under review");
        override_ = verb_.subcommand("override", "approve a declined payment");
        assign_ = verb_.subcommand("assign", "assign a payment under review to a person");
        for (Arguments* verb : {&show_, &approve_, &decline_, &override_, &assign_})
            verb->number("PAYMENT", payment_, "payment id").required();
        for (Arguments* verb : {&approve_, &decline_, &override_})
            verb->text("--reason TEXT", reason_, "why, kept with the decision")
                .required(verb == &override_);
        assign_.text("--to PERSON", to_, "reviewer [default: nobody]");
        for (Arguments* verb : {&approve_, &decline_, &override_})
            add_by(*verb, by_);
    }
    [[nodiscard]] bool parsed() const override { return verb_.parsed(); }
    [[nodiscard]] bool recorded() const override { return !list_.parsed() && !show_.parsed(); }

    Report run(Context& context) override {
        if (show_.parsed())
            return show(context);
        const auto connection = db::connect(context.database());
        if (list_.parsed())
            return list(*connection);
        if (assign_.parsed()) {
            screen::assign_review(*connection, payment_, to_);
            return {Exit::done, {{"assigned", 1}}, "", ""};
        }
        const Decision decision = approve_.parsed()   ? Decision::approve
                                  : decline_.parsed() ? Decision::decline
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
        json::Writer writer;
        writer.open('[');
        for (const auto& one : screen::list_reviews(connection, filter_)) {
            rows.push_back({std::to_string(one.payment_id), one.source + "/" + one.external_id,
                            one.queue, std::to_string(one.score), one.decided_by, one.due_at,
                            one.assignee});
            writer.open('{')
                .member("payment", one.payment_id)
                .member("transaction", one.source + "/" + one.external_id)
                .member("queue", one.queue)
                .member("score", one.score)
                .member("decided_by", one.decided_by)
                .member("due_at", one.due_at)
                .member("overdue", one.overdue)
                .member("assignee", one.assignee)
                .close('}');
        }
        return {Exit::done,
                {{"items", static_cast<std::int64_t>(rows.size()) - 1}},
                rows.size() == 1 ? "no payments under review\n" : table(rows),
                writer.close(']').take()};
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

    Arguments verb_, list_, show_, approve_, decline_, override_, assign_;
    screen::ReviewFilter filter_;
    std::int64_t payment_ = 0;
    std::string reason_, by_, to_;
};

class ExplainVerdict final : public ScreenGroup {
public:
    void setup(Arguments screen) override {
        verb_ = screen.subcommand("explain", "explain a payment's verdict");
        verb_.number("PAYMENT", payment_, "payment id").required();
        auto now = verb_.flag("--now", now_, "judge by the active version and what is known now");
        verb_
            .flag("--as-decided", as_decided_,
                  "judge with the pins of its run; exit 70 if the digest differs [default]")
            .excludes(now);
    }
    [[nodiscard]] bool parsed() const override { return verb_.parsed(); }
    [[nodiscard]] bool recorded() const override { return false; }
    Report run(Context& context) override { return explain_verdict(context, payment_, now_); }

private:
    Arguments verb_;
    std::int64_t payment_ = 0;
    bool now_ = false, as_decided_ = false;
};

class Void final : public ScreenGroup {
public:
    void setup(Arguments screen) override {
        verb_ = screen.subcommand("void", "void a payment that its source cancelled");
        verb_.number("PAYMENT", payment_, "payment id").required();
        verb_.text("--reason TEXT", reason_, "why, kept with the decision").required();
        add_by(verb_, by_);
    }
    [[nodiscard]] bool parsed() const override { return verb_.parsed(); }
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
    Arguments verb_;
    std::int64_t payment_ = 0;
    std::string reason_, by_;
};

} // namespace

Report explain_verdict(const Context& context, std::int64_t payment_id, bool now) {
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
            fmt::format("the stored verdict has a different digest: {}\n", one.verdict_digest);
    }
    report.data_json = json::Writer()
                           .open('{')
                           .member("payment", one.payment_id)
                           .member("transaction", one.source + "/" + one.external_id)
                           .member("state", one.state)
                           .member("verdict", one.verdict_id)
                           .member("rev", one.rev)
                           .member("run", one.run)
                           .member("ruleset", one.ruleset_name)
                           .member("version", one.version)
                           .member("cut", one.cut_seq)
                           .member("reproduced", one.reproduced)
                           .key("explanation")
                           .raw(screen::explanation_json(one.explanation, one.ruleset))
                           .close('}')
                           .take();
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
