#include "jobs/import/decide/decide.hpp"

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
        return fmt::format("bad_row: {} of {} records are bad and the feed accepts none",
                           finding.rejected, finding.records);
    const double ratio =
        static_cast<double>(finding.rejected) / static_cast<double>(finding.records);
    if (ratio > tolerance.bad_ratio_max)
        return fmt::format("bad_ratio: {} of {} records are bad, above {:g} %", finding.rejected,
                           finding.records, tolerance.bad_ratio_max * 100);
    return {};
}

ResumePlan resume_plan(const PriorBatch& prior, std::string_view source, bool in_directory,
                       const std::optional<std::string>& refused,
                       std::optional<std::uint64_t> number_at) {
    const bool same_place = in_directory && prior.source == source;
    switch (prior.state) {
    case PriorBatch::State::open:
        if (refused || number_at != prior.records_done)
            return ResumePlan::supersede;
        return ResumePlan::resume;
    case PriorBatch::State::loaded:
        return same_place ? ResumePlan::finish : ResumePlan::load;
    case PriorBatch::State::refused:
        return same_place && refused == prior.refusal ? ResumePlan::finish : ResumePlan::load;
    case PriorBatch::State::archived:
        break;
    }
    return ResumePlan::load;
}

std::chrono::seconds DrainSchedule::pause_end(std::chrono::seconds now) {
    const std::chrono::seconds end = (now / period_ + 1) * period_;
    period_ = std::min(period_ * 2, k_longest_period);
    return end;
}

Exit worse(Exit a, Exit b) {
    // From nothing to the worst; a code that is not named here is worse than all.
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
