// Any text is a rule set or a mistake of configuration; a rule set judges any row, twice to the
// same verdict.
#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "jobs/screen/judge/judge.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

std::optional<Ruleset> parsed(std::string_view text) {
    try {
        return Ruleset::parse(text, "fuzz.yaml");
    } catch (const Error& error) {
        HARMONIA_CHECK(error.exit() == Exit::config);
        return std::nullopt;
    }
}

Fact fact(std::int64_t id, std::string_view external_id, std::int64_t event_us) {
    Fact made;
    made.payment_id = id;
    made.source = "s";
    made.feed_type = "AUTH";
    made.external_id = external_id;
    made.event_us = event_us;
    made.amount_minor = id * 1'000'000'000'000;
    made.currency = id == 2 ? "USD" : "EUR";
    made.kind = "purchase";
    made.card_id = id == 3 ? 0 : 1;
    made.customer = "c";
    made.channel = "pos";
    made.lat = 1'000'000 * static_cast<std::int32_t>(id);
    made.lon = -180'000'000;
    made.verdict = Outcome::declined;
    made.judge = true;
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto ruleset = parsed({reinterpret_cast<const char*>(data), size});
    if (!ruleset)
        return 0;
    History history(ruleset->fields(), ruleset->base_currency);
    history.append(fact(1, "a", 0));
    history.append(fact(2, "b", 0));
    history.append(fact(3, "c", 90'000'000));
    history.append(fact(4, "d", 86'400'000'000));
    history.add_card({1, "ab", "411111", "1111", 16, 0});
    history.add_label({1, true, 0});
    history.finish();
    Context context;
    for (const std::string& list : ruleset->managed_lists())
        context.lists.push_back({list, {}});
    const Judge judge(history, *ruleset, context);
    std::vector<RuleCount> counts;
    const auto verdicts = judge.judge(0, judge.size(), counts);
    for (std::size_t i = 0; i < verdicts.size(); ++i)
        HARMONIA_CHECK(judge.explain(i).judgement.digest == verdicts[i].digest);
    return 0;
}
