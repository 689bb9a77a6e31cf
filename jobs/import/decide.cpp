#include "jobs/import/decide.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace harmonia::importing {

Counts& Counts::operator+=(const Counts& more) {
    read += more.read;
    fresh += more.fresh;
    duplicate += more.duplicate;
    rejected += more.rejected;
    skipped += more.skipped;
    unidentified += more.unidentified;
    for (const auto& [code, count] : more.reasons)
        reasons[code] += count;
    for (const auto& [code, count] : more.warnings)
        warnings[code] += count;
    return *this;
}

std::optional<std::string> refusal(const Finding& finding, const Tolerance& tolerance) {
    if (finding.broken)
        return fmt::format("{}{}{}", finding.broken->code,
                           finding.broken->detail.empty() ? "" : ": ", finding.broken->detail);
    if (finding.rejected == 0)
        return {};
    if (tolerance.any_bad_row_refuses)
        return fmt::format("bad_row: {} of {} records are bad and the feed takes none",
                           finding.rejected, finding.records);
    const double ratio =
        static_cast<double>(finding.rejected) / static_cast<double>(finding.records);
    if (ratio > tolerance.bad_ratio_max)
        return fmt::format("bad_ratio: {} of {} records are bad, above {:g} %", finding.rejected,
                           finding.records, tolerance.bad_ratio_max * 100);
    return {};
}

Course course(const Left& left, std::string_view source, bool waits,
              const std::optional<std::string>& refused, std::optional<std::uint64_t> number_at) {
    const bool same_place = waits && left.source == source;
    switch (left.state) {
    case Left::State::open:
        if (refused || number_at != left.records_done)
            return Course::supersede;
        return Course::resume;
    case Left::State::loaded:
        return same_place ? Course::finish : Course::load;
    case Left::State::refused:
        return same_place && refused == left.refusal ? Course::finish : Course::load;
    case Left::State::archived:
        break;
    }
    return Course::load;
}

std::chrono::seconds Drainage::rest(std::chrono::seconds now) {
    const std::chrono::seconds end = (now / period_ + 1) * period_;
    period_ = std::min(period_ * 2, k_longest_period);
    return end;
}

Exit graver(Exit a, Exit b) {
    // From nothing to the worst; what is not named here outweighs all.
    constexpr std::array k_order{Exit::done, Exit::rejected, Exit::try_again, Exit::data};
    const auto rank = [&](Exit exit) { return std::find(k_order.begin(), k_order.end(), exit); };
    return rank(b) > rank(a) ? b : a;
}

bool content_type_fits(std::string_view wanted, const std::optional<std::string>& given) {
    if (!given)
        return true;
    const std::string_view kind = std::string_view(*given).substr(0, given->find(';'));
    return equals_ignoring_case(trim(kind), wanted);
}

} // namespace harmonia::importing
