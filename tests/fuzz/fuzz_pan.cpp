// Any text: what is read as a card number is described within bounds; the redactor leaves no run of
// digits that passes as one, and changes nothing else.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace harmonia;

namespace {

bool digit(char c) {
    return c >= '0' && c <= '9';
}

/// Each run of digits alone, without separators.
template <typename See>
void each_run(std::string_view text, See see) {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && digit(text[end]))
            ++end;
        if (end > at)
            see(text.substr(at, end - at));
        at = end + 1;
    }
}

bool could_be_card(std::string_view run) {
    return run.size() >= k_card_digits_min && run.size() <= k_card_digits_max;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    card::Pan pan;
    if (pan.read(text)) {
        const std::string_view digits = pan.digits();
        HARMONIA_CHECK(could_be_card(digits));
        HARMONIA_CHECK(card::first_n(digits).size() + 4 + 5 <= digits.size());
        HARMONIA_CHECK(card::masked(digits).size() == digits.size());
        HARMONIA_CHECK(card::masked(digits).find(digits) == std::string::npos);
        HARMONIA_CHECK(card::redact(text, digits).find(digits) == std::string::npos);
        HARMONIA_CHECK(*card::brand_of(digits) != '\0');
    }
    const std::string shown = card::redact(text);
    each_run(shown,
             [](std::string_view run) { HARMONIA_CHECK(!could_be_card(run) || !luhn_holds(run)); });
    HARMONIA_CHECK(card::shows_card(text) == (shown != text));
    each_run(mask_digits(text), [](std::string_view run) { HARMONIA_CHECK(!could_be_card(run)); });
    return 0;
}
