// Reads one JSON object member by member into values of declared kinds. Inside core/smp.
//
// read_object() checks the whole text; an ObjectReader then notes the value of each wanted member
// (of repeated members the last counts), and each take_… converts one. The first thing that is
// wrong is kept as the Problem; after it, everything taken is zero or empty, so that a caller may
// take everything and ask once.
#pragma once

#include "core/base/expected.hpp"
#include "core/json/reader.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace harmonia::smp {

/// What a string may hold. Characters are code points.
struct StringRule {
    std::size_t chars_max = std::numeric_limits<std::size_t>::max();
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
    std::size_t bytes_min = 0;
    bool ascii = false;
};

/// One JSON object (RFC 8259, UTF-8, at most k_depth_max deep); its values are valid as long as
/// `document` and `text`. Problem utf8, json or depth.
[[nodiscard]] Expected<json::Value> read_object(std::string_view text, json::Document& document);

class ObjectReader {
public:
    /// The most members that one object may be asked for.
    static constexpr std::size_t k_members_max = 32;

    /// `names` and what `object` is a view of must outlive the reader.
    ObjectReader(const json::Value& object, std::span<const std::string_view> names);

    [[nodiscard]] bool failed() const { return problem_.has_value(); }
    [[nodiscard]] Problem& problem() { return *problem_; }
    void fail(std::string code, std::size_t member, std::string detail);

    /// Whether the member is present, of whatever kind.
    [[nodiscard]] bool has(std::size_t member) const;
    /// The member, which is an object; empty if it is not.
    std::optional<json::Value> take_object(std::size_t member);
    template <typename Integer>
    Integer take_integer(std::size_t member, Integer min = std::numeric_limits<Integer>::min(),
                         Integer max = std::numeric_limits<Integer>::max()) {
        return static_cast<Integer>(take_int64(member, min, max));
    }
    double take_real(std::size_t member);
    std::string take_string(std::size_t member, const StringRule& rule = {});
    /// A date-time, not before `min_us`.
    std::int64_t take_instant(std::size_t member, std::int64_t min_us);

private:
    [[nodiscard]] std::size_t member_of(const json::Value& name) const;
    /// The value if it is of that kind, otherwise nullptr with the problem noted.
    const json::Value* want(std::size_t member, json::Kind kind, const char* kind_name);
    std::int64_t take_int64(std::size_t member, std::int64_t min, std::int64_t max);

    std::span<const std::string_view> names_;
    std::array<std::optional<json::Value>, k_members_max> values_{};
    std::optional<Problem> problem_;
};

} // namespace harmonia::smp
