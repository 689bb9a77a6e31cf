#include "jobs/match/decide.hpp"

#include "jobs/match/candidates.hpp"
#include "jobs/match/predicates/reason.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

namespace harmonia::match {

namespace {

constexpr std::uint32_t k_free = std::numeric_limits<std::uint32_t>::max();

void sort_rows(Group& group) {
    // Ids come last: no two rows are equal in the fields before, but a sort needs an order.
    std::sort(
        group.payments.begin(), group.payments.end(),
        [](const auto& a, const auto& b) {
            return std::tie(a.date_us, a.network, a.transaction_id, a.feed_type, a.id) <
                   std::tie(b.date_us, b.network, b.transaction_id, b.feed_type, b.id);
        });
    std::sort(group.schemes.begin(), group.schemes.end(), [](const auto& a, const auto& b) {
        return std::tie(a.date_us, a.transaction_id, a.id) <
               std::tie(b.date_us, b.transaction_id, b.id);
    });
}

} // namespace

const char* outcome_name(Outcome outcome) {
    static constexpr const char* k_names[] = {"matched", "spotted", "none", "ambiguous", "error"};
    return k_names[static_cast<std::size_t>(outcome)];
}

bool takes_part(const Payment& payment) {
    return payment.known_user && payment.feed_type != "REFUND";
}

struct Decider::State {
    const Declaration& declaration;
    DecideOptions options;
    Group* group = nullptr;
    CandidateIndex index;

    /// What became of a payment so far.
    struct Standing {
        Outcome outcome = Outcome::none;
        std::uint32_t scheme = Decision::k_no_scheme;
        std::vector<std::uint32_t> passing; ///< rows that satisfy the rule, taken ones too
        std::vector<std::uint32_t> left;    ///< how many each fallback filter left
    };
    std::vector<Standing> standings;
    std::vector<std::uint32_t> taken; ///< the payment that has each merchant row, or k_free
    std::vector<std::vector<std::uint32_t>> hesitating;      ///< ambiguous payments by merchant row
    std::set<std::pair<std::uint32_t, std::uint32_t>> again; ///< (pass, payment)
    std::vector<std::uint32_t> open;

    State(const Declaration& d, DecideOptions o) : declaration(d), options(o) {}

    [[nodiscard]] Pair pair(std::uint32_t payment, std::uint32_t scheme) const {
        return {group->payments[payment], group->schemes[scheme], options.window_from_us};
    }
    void find_passing(std::uint32_t payment, const Rule& rule);
    void choose(std::uint32_t payment, const Rule& rule);
    void take(std::uint32_t payment, std::uint32_t pass);
    void first_pass();
    void later_passes();
    void visit(std::uint32_t payment, std::uint32_t pass);
    void emit(std::uint32_t payment, std::vector<Decision>& decisions);
    void explain(std::uint32_t payment, const Rule& rule, std::span<const std::uint32_t> found,
                 ReasonWriter& writer);
    void explain_candidate(std::uint32_t payment, std::uint32_t scheme, const Rule& rule,
                           bool passed, ReasonWriter& writer);
};

void Decider::State::find_passing(std::uint32_t payment, const Rule& rule) {
    const Payment& row = group->payments[payment];
    std::vector<std::uint32_t>& passing = standings[payment].passing;
    for (const std::uint32_t place : index.inside(index.of(row), range_of(rule.where, row))) {
        const Pair one = pair(payment, place);
        const bool barred =
            std::find(row.barred.begin(), row.barred.end(), one.scheme.id) != row.barred.end();
        if (!barred && all_true(declaration.base, one) && all_true(rule.where, one))
            passing.push_back(place);
    }
}

/// Exactly one free row, or what the fallback makes of several.
void Decider::State::choose(std::uint32_t payment, const Rule& rule) {
    Standing& standing = standings[payment];
    standing.left.clear();
    open.clear();
    for (const std::uint32_t place : standing.passing)
        if (taken[place] == k_free)
            open.push_back(place);
    standing.outcome = open.empty() ? Outcome::none : Outcome::ambiguous;
    if (open.size() > 1) {
        const bool allowed = std::all_of(
            rule.fallback_when_empty.begin(), rule.fallback_when_empty.end(),
            [&](const FieldRef& field) { return !present(field.of(group->payments[payment])); });
        for (std::size_t f = 0; allowed && f < rule.fallback.size() && open.size() > 1; ++f) {
            std::erase_if(open, [&](std::uint32_t place) {
                return rule.fallback[f]->test(pair(payment, place)) != Truth::yes;
            });
            standing.left.push_back(static_cast<std::uint32_t>(open.size()));
        }
    }
    if (open.size() != 1)
        return;
    standing.outcome = Outcome::matched;
    standing.scheme = open.front();
}

/// Payments that are ambiguous over the row are due again: later ones still in this pass, earlier
/// ones in the next.
void Decider::State::take(std::uint32_t payment, std::uint32_t pass) {
    const std::uint32_t scheme = standings[payment].scheme;
    taken[scheme] = payment;
    for (const std::uint32_t other : hesitating[scheme])
        if (standings[other].outcome == Outcome::ambiguous)
            again.emplace(other > payment ? pass : pass + 1, other);
}

void Decider::State::visit(std::uint32_t payment, std::uint32_t pass) {
    const Rule& rule = *declaration.rule_for(group->payments[payment].network);
    choose(payment, rule);
    const Standing& standing = standings[payment];
    if (standing.outcome == Outcome::matched)
        take(payment, pass);
    else if (pass == 1 && standing.outcome == Outcome::ambiguous &&
             standing.passing.size() <= k_rivals_max)
        for (const std::uint32_t place : standing.passing)
            hesitating[place].push_back(payment);
}

void Decider::State::first_pass() {
    for (std::uint32_t i = 0; i < group->payments.size(); ++i) {
        const Payment& payment = group->payments[i];
        if (!takes_part(payment))
            continue;
        if (declaration.mode == Mode::spotted) {
            standings[i].outcome = Outcome::spotted;
        } else if (const Rule* rule = declaration.rule_for(payment.network)) {
            find_passing(i, *rule);
            visit(i, 1);
        } else {
            standings[i].outcome = Outcome::error;
        }
    }
}

void Decider::State::later_passes() {
    while (!again.empty()) {
        const auto [pass, payment] = *again.begin();
        again.erase(again.begin());
        if (standings[payment].outcome == Outcome::ambiguous)
            visit(payment, pass);
    }
}

void Decider::State::explain_candidate(std::uint32_t payment, std::uint32_t scheme,
                                       const Rule& rule, bool passed, ReasonWriter& writer) {
    const Pair one = pair(payment, scheme);
    const bool foreign = taken[scheme] != k_free && taken[scheme] != payment;
    writer.open_candidate(one.scheme, passed,
                          foreign ? group->payments[taken[scheme]].transaction_id
                                  : std::string_view());
    writer.open_list("w");
    if (std::find(one.payment.barred.begin(), one.payment.barred.end(), one.scheme.id) !=
        one.payment.barred.end())
        writer.test("not undone by hand", Truth::no, "", "");
    for (const auto& predicate : declaration.base)
        predicate->report(one, writer);
    for (const auto& predicate : rule.where)
        predicate->report(one, writer);
    writer.close_list();
    if (passed && !standings[payment].left.empty()) {
        writer.open_list("f");
        for (std::size_t f = 0; f < standings[payment].left.size(); ++f)
            rule.fallback[f]->report(one, writer);
        writer.close_list();
    }
    writer.close_candidate();
}

void Decider::State::explain(std::uint32_t payment, const Rule& rule,
                             std::span<const std::uint32_t> found, ReasonWriter& writer) {
    const Standing& standing = standings[payment];
    writer.member("c", static_cast<std::int64_t>(found.size()));
    writer.member("ok", static_cast<std::int64_t>(standing.passing.size()));
    if (!standing.left.empty()) {
        writer.open_list("left");
        for (const std::uint32_t count : standing.left)
            writer.number(count);
        writer.close_list();
    }
    if (standing.outcome == Outcome::matched)
        writer.member("t", group->schemes[standing.scheme].transaction_id);
    if (found.empty())
        return;
    // First the rows that satisfy the rule, the chosen one before all; then the nearest others.
    std::vector<std::uint32_t> kept;
    if (standing.scheme != Decision::k_no_scheme)
        kept.push_back(standing.scheme);
    for (const std::uint32_t place : standing.passing)
        if (place != standing.scheme && kept.size() < k_candidates_kept)
            kept.push_back(place);
    writer.open_list("l");
    for (const std::uint32_t place : kept)
        explain_candidate(payment, place, rule, true, writer);
    const std::int64_t date = group->payments[payment].date_us;
    auto after = index.inside(found, {date, std::numeric_limits<std::int64_t>::max()}).begin();
    auto before = after;
    for (std::size_t shown = kept.size();
         shown < k_candidates_kept && (before != found.begin() || after != found.end());) {
        const auto distance = [&](auto at) { return std::abs(group->schemes[*at].date_us - date); };
        const bool later = before == found.begin() ||
                           (after != found.end() && distance(after) <= distance(before - 1));
        const std::uint32_t place = later ? *after++ : *--before;
        if (std::find(standing.passing.begin(), standing.passing.end(), place) !=
            standing.passing.end())
            continue;
        explain_candidate(payment, place, rule, false, writer);
        ++shown;
    }
    writer.close_list();
}

void Decider::State::emit(std::uint32_t payment, std::vector<Decision>& decisions) {
    const Payment& row = group->payments[payment];
    Standing& standing = standings[payment];
    const bool rules = declaration.mode == Mode::rules;
    const auto found = rules ? index.of(row) : std::span<const std::uint32_t>();
    const bool settled =
        standing.outcome == Outcome::matched || standing.outcome == Outcome::spotted;
    const bool report = settled || row.fresh || options.report_all || index.any_fresh(found);
    if (!report)
        return;
    Decision& decision = decisions.emplace_back();
    decision.payment = payment;
    decision.scheme = standing.scheme;
    decision.outcome = standing.outcome;
    ReasonWriter writer(decision.reason);
    writer.begin(row, group->amount, group->currency);
    writer.member("n", row.network);
    if (standing.outcome == Outcome::spotted)
        writer.member("mode", "spotted");
    else if (standing.outcome == Outcome::error)
        writer.member("error", "no rule for this network");
    else
        explain(payment, *declaration.rule_for(row.network), found, writer);
    writer.end();
}

Decider::Decider(const Declaration& declaration, DecideOptions options)
    : state_(std::make_unique<State>(declaration, options)) {}
Decider::~Decider() = default;

void Decider::decide(Group& group, std::vector<Decision>& decisions) {
    if (state_->declaration.mode == Mode::none)
        return;
    sort_rows(group);
    State& state = *state_;
    state.group = &group;
    state.index.build(group, state.declaration.look_up);
    state.standings.assign(group.payments.size(), {});
    state.taken.assign(group.schemes.size(), k_free);
    state.hesitating.assign(group.schemes.size(), {});
    state.first_pass();
    state.later_passes();
    for (std::uint32_t i = 0; i < group.payments.size(); ++i)
        if (takes_part(group.payments[i]))
            state.emit(i, decisions);
}

} // namespace harmonia::match
