// Numbers: exact and cut readings agree, what is read prints and reads back, arithmetic never
// overflows unseen.
#include "core/base/check.hpp"
#include "core/money/money.hpp"

#include <cstddef>
#include <cstdint>

using namespace harmonia;
using money::Padding;
using money::Rounding;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const int scale = data[0] % (money::k_scale_max + 1);
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto exact = money::parse_scaled(text, scale, Rounding::exact);
    const auto cut = money::parse_scaled(text, scale, Rounding::truncate);
    HARMONIA_CHECK(!exact || (cut && *exact == *cut));
    HARMONIA_CHECK(exact || cut || exact.error().code != "amount_precision" ||
                   cut.error().code == "amount_range");
    if (cut) {
        const auto again = money::parse_scaled(money::print_scaled(*cut, scale, Padding::unpadded),
                                               scale, Rounding::exact);
        HARMONIA_CHECK(again && *again == *cut);
    }
    const auto number = money::parse_decimal(text);
    if (!number)
        return 0;
    const auto zero = money::subtract(*number, *number);
    HARMONIA_CHECK(zero && zero->coefficient == 0);
    const auto twice = money::add(*number, *number);
    const auto product = money::multiply(*number, {2, 0});
    HARMONIA_CHECK(twice.has_value() == product.has_value());
    HARMONIA_CHECK(!twice || money::compare(*twice, *product) == 0);
    return 0;
}
