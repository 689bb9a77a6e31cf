// Reads one JSON object member by member into values of declared kinds, strictly. Inside core/smp.
//
// First all of the text is checked to be one JSON object (RFC 8259, UTF-8, at most k_depth_max
// deep) and each wanted member's token is noted; of repeated members the last counts. Then each
// take_… converts one. The first thing that is wrong is kept as the Problem; after it, all that is
// taken is zero or empty, so that a caller may take everything and ask once.
#pragma once

#include "core/base/expected.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace harmonia::smp {

/// What a text may hold. Characters are code points.
struct TextRule {
    std::size_t chars_max = std::numeric_limits<std::size_t>::max();
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
    std::size_t bytes_min = 0;
    bool ascii = false;
};

class ObjectReader {
public:
    /// The most members that one object may be asked for.
    static constexpr std::size_t k_members_max = 32;

    /// `names` and `json` must outlive the reader.
    ObjectReader(std::string_view json, std::span<const std::string_view> names);

    [[nodiscard]] bool failed() const { return problem_.has_value(); }
    [[nodiscard]] Problem& problem() { return *problem_; }
    void fail(std::string code, std::size_t member, std::string detail);

    /// Whether the member stands there, whatever it is.
    [[nodiscard]] bool has(std::size_t member) const;
    /// The member is an object: its text.
    std::string_view take_object(std::size_t member);
    template <typename Integer>
    Integer take_integer(std::size_t member, Integer min = std::numeric_limits<Integer>::min(),
                         Integer max = std::numeric_limits<Integer>::max()) {
        return static_cast<Integer>(take_int64(member, min, max));
    }
    double take_real(std::size_t member);
    std::string take_text(std::size_t member, const TextRule& rule = {});
    /// A date-time, not before `min_us`.
    std::int64_t take_instant(std::size_t member, std::int64_t min_us);

private:
    enum class Kind : std::uint8_t { absent, null, boolean, number, text, object, array };
    struct Token {
        std::string_view raw; ///< of a text without its quotes
        Kind kind = Kind::absent;
        bool escaped = false; ///< a text with a backslash
    };
    struct Scanner;

    [[nodiscard]] std::size_t place_of(const Token& name) const;
    /// The token if it is of that kind, otherwise nullptr with the problem noted.
    const Token* want(std::size_t member, Kind kind, const char* kind_name);
    std::int64_t take_int64(std::size_t member, std::int64_t min, std::int64_t max);

    std::span<const std::string_view> names_;
    std::array<Token, k_members_max> tokens_{};
    std::optional<Problem> problem_;
};

} // namespace harmonia::smp
