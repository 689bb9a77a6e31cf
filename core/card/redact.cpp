#include "core/card/redact.hpp"

#include "core/card/pan.hpp"

namespace harmonia::card {

std::string redact(std::string_view text) {
    return redact(text, {});
}

std::string redact(std::string_view text, std::string_view own) {
    std::string out;
    std::size_t done = 0;
    for_each_card_like(
        text,
        [&](const DigitRun& run) {
            return luhn_holds(run.digits()) || (!own.empty() && run.digits() == own);
        },
        [&](const DigitRun& run) {
            out.append(text.substr(done, run.begin - done)).append(masked(run.digits()));
            done = run.end;
        });
    return out.append(text.substr(done));
}

bool shows_card(std::string_view text) {
    bool any = false;
    for_each_card_like(
        text, [](const DigitRun& run) { return luhn_holds(run.digits()); },
        [&](const DigitRun&) { any = true; });
    return any;
}

} // namespace harmonia::card
