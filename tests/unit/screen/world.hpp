// Payments in memory, judged by a rule set: the counterpart of tests/db/screen/world.hpp, with the
// same words.
#pragma once

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "jobs/screen/judge/judge.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/source.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::screen_test {

using namespace harmonia::screen;

inline std::int64_t instant(const std::string& text) {
    const auto parsed =
        time::parse_iso(text.find('T') == std::string::npos ? "2026-03-04T" + text + "Z" : text);
    REQUIRE(parsed);
    return parsed->instant(time::Zone::utc());
}

/// Minor units of two decimals.
inline std::int64_t cents(double amount) {
    return static_cast<std::int64_t>(amount * 100 + 0.5);
}

class World {
public:
    explicit World(Ruleset rules) : ruleset(std::move(rules)) {
        for (const std::string& list : ruleset.managed_lists())
            context.lists.push_back({list, {}});
    }

    /// A purchase in EUR at an instant (of 2026-03-04 unless it has a date), without any key.
    Fact& payment(const std::string& id, const std::string& at, double amount) {
        ids_.push_back(id);
        Fact fact;
        fact.payment_id = static_cast<std::int64_t>(facts.size()) + 1;
        fact.source = "shop";
        fact.feed_type = "AUTH";
        fact.external_id = ids_.back();
        fact.event_us = instant(at);
        fact.amount_minor = cents(amount);
        fact.currency = "EUR";
        fact.kind = "purchase";
        fact.judge = true;
        facts.push_back(fact);
        return facts.back();
    }
    static Card card(std::int64_t id) {
        Card made;
        made.id = id;
        made.hash = sha256_hex("card " + std::to_string(id));
        made.first_n = "411111";
        made.last4 = "1111";
        made.pan_len = 16;
        return made;
    }
    ListContent& list(const std::string& name) {
        for (ListContent& content : context.lists)
            if (content.name == name)
                return content;
        FAIL("no list " << name);
        return context.lists.front();
    }

    /// Of all payments, or of some.
    std::unique_ptr<History> history(const std::function<bool(const Fact&)>& wanted =
                                         [](const Fact&) { return true; }) const {
        auto made = std::make_unique<History>(
            ruleset.fields() | suppression_fields(context.suppressions), ruleset.base_currency);
        std::map<std::int64_t, Card> known;
        for (const Fact& fact : facts) {
            if (!wanted(fact))
                continue;
            made->append(fact);
            if (fact.card_id != 0)
                known.emplace(fact.card_id, card(fact.card_id));
        }
        for (const Card& each : cards)
            known[each.id] = each;
        for (const auto& [id, each] : known)
            made->add_card(each);
        for (const ExchangeRate& rate : rates)
            made->add_rate(rate);
        for (const Label& label : labels)
            made->add_label(label);
        made->finish();
        return made;
    }

    /// Verdicts by external id; also counts by rule.
    std::map<std::string, Judgement> judge() {
        const auto made = history();
        Judge all(*made, ruleset, context);
        counts.clear();
        std::map<std::string, Judgement> found;
        for (Judgement& each : all.judge(0, all.size(), counts)) {
            const std::string id(made->external_id(each.row));
            found.emplace(id, std::move(each));
        }
        return found;
    }
    Explanation explain(const std::string& id) const {
        const auto made = history();
        const Judge all(*made, ruleset, context);
        for (std::size_t i = 0; i < all.size(); ++i)
            if (made->external_id(made->judged()[i]) == id)
                return all.explain(i);
        FAIL("no row " << id);
        return {};
    }
    std::string value(const std::string& id, const std::string& feature) const {
        for (const auto& line : explain(id).features)
            if (line.name == feature)
                return line.value;
        return "no such feature";
    }
    const RuleCount& count(const std::string& rule) const {
        for (std::size_t i = 0; i < counts.size(); ++i)
            if (ruleset.rules[i].id == rule)
                return counts[i];
        FAIL("no rule " << rule);
        return counts.front();
    }
    [[nodiscard]] const Hit* hit(const Judgement& judgement, const std::string& rule) const {
        for (const Hit& each : judgement.hits)
            if (ruleset.rules[each.rule].id == rule)
                return &each;
        return nullptr;
    }

    Ruleset ruleset;
    Context context;
    std::deque<Fact> facts;
    std::vector<Card> cards;
    std::vector<ExchangeRate> rates;
    std::vector<Label> labels;
    std::vector<RuleCount> counts;

private:
    std::deque<std::string> ids_;
};

/// The shipped example.
inline Ruleset cards() {
    const auto path = harmonia::test::source_root() / "scripts/screening/cards.yaml";
    return Ruleset::parse(harmonia::test::file_text(path), "cards.yaml");
}

/// A rule set with these `features:` and `rules:` lines (indented by two).
inline Ruleset small(const std::string& features, const std::string& rules,
                     const std::string& more = {}) {
    return Ruleset::parse("harmonia_rules: 1\nruleset: small\nbase_currency: EUR\n"
                          "timezone: Europe/Berlin\nthresholds: {review: 40, decline: 80}\n" +
                              more + (features.empty() ? "" : "features:\n" + features) +
                              "rules:\n" + rules,
                          "small.yaml");
}

} // namespace harmonia::screen_test
