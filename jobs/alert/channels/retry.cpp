#include "jobs/alert/channels/retry.hpp"

#include "core/base/check.hpp"
#include "core/base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace harmonia::alert {
namespace {

constexpr std::int64_t k_first_wait_us = 15'000'000, k_longest_wait_us = 3'600'000'000;

// GSM 03.38: characters of the basic alphabet outside ASCII, and those that need an escape.
constexpr std::u32string_view k_gsm_beyond = U"£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
constexpr std::u32string_view k_gsm_escaped = U"^{}\\[~]|€";

/// Code points of well-formed UTF-8; a bad byte stands for itself.
std::vector<char32_t> code_points(const std::string& text) {
    std::vector<char32_t> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        char32_t point = size == 1 ? first : first & (0x7FU >> size);
        for (std::size_t i = 1; i < size && at + i < text.size(); ++i)
            point = (point << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
        out.push_back(point);
        at += size;
    }
    return out;
}

/// Septets of a character; 0: not in GSM 03.38.
int septets(char32_t c) {
    if (k_gsm_escaped.find(c) != std::u32string_view::npos)
        return 2;
    if ((c >= 0x20 && c < 0x7F && c != U'`') || c == U'\n' || c == U'\r')
        return 1;
    return k_gsm_beyond.find(c) != std::u32string_view::npos ? 1 : 0;
}

int segments_of(int units, int alone, int each) {
    return units <= alone ? 1 : (units + each - 1) / each;
}

} // namespace

std::string idempotency_key(std::int64_t group, int number, const std::string& channel,
                            const std::string& target) {
    return sha256_hex(fmt::format("{}:{}:{}:{}", group, number, channel, target));
}

std::int64_t wait_us(const std::string& key, int n) {
    const std::string digest = sha256_hex(fmt::format("{}:{}", key, n));
    std::uint64_t first = 0;
    std::from_chars(digest.data(), digest.data() + 16, first, 16);
    const double u = static_cast<double>(first) / 18'446'744'073'709'551'616.0; // 2^64
    const std::int64_t base =
        n > 8 ? k_longest_wait_us : std::min(k_longest_wait_us, k_first_wait_us << (n - 1));
    return static_cast<std::int64_t>(std::llround(static_cast<double>(base) * (0.9 + 0.2 * u)));
}

RetryDecision retry_decision(const std::string& key, int n, const Result& result,
                             std::int64_t now_us) {
    HARMONIA_CHECK(n >= 1);
    if (result.outcome == Result::Class::sent)
        return {RetryDecision::Kind::sent, 0};
    if (result.outcome == Result::Class::permanent || n >= k_attempts_max)
        return {RetryDecision::Kind::dead, 0};
    const std::int64_t requested_us =
        std::clamp<std::int64_t>(result.retry_after_s, 0, k_retry_after_max_s) * 1'000'000;
    return {RetryDecision::Kind::retry, now_us + std::max(wait_us(key, n), requested_us)};
}

void Breaker::note(const Result& result, std::int64_t now_us) {
    if (result.outcome == Result::Class::unsent)
        return;
    if (result.outcome != Result::Class::transient) {
        failures = 0;
        open_until_us.reset();
        return;
    }
    if (++failures >= k_breaker_failures)
        open_until_us = now_us + k_breaker_us;
}

Result::Class smtp_class(int code) {
    if (code >= 200 && code < 300)
        return Result::Class::sent;
    return code >= 500 && code < 600 ? Result::Class::permanent : Result::Class::transient;
}

Result::Class http_class(int status) {
    if (status >= 200 && status < 300)
        return Result::Class::sent;
    if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 200)
        return Result::Class::transient;
    return Result::Class::permanent;
}

SmsSize sms_size(const std::string& text) {
    SmsSize size;
    int wide = 0;
    for (const char32_t c : code_points(text)) {
        const int gsm = septets(c);
        size.gsm = size.gsm && gsm > 0;
        size.units += gsm;
        wide += c > 0xFFFF ? 2 : 1;
    }
    if (!size.gsm)
        size.units = wide;
    size.segments = size.gsm ? segments_of(size.units, 160, 153) : segments_of(size.units, 70, 67);
    return size;
}

std::string sms_cut(const std::string& text, int segments) {
    if (sms_size(text).segments <= segments)
        return text;
    constexpr std::size_t k_segment_bytes_max = 640; // 160 characters of four bytes
    std::string out = text.substr(0, static_cast<std::size_t>(segments) * k_segment_bytes_max);
    while (!out.empty() && sms_size(out + "...").segments > segments) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U)
            out.pop_back();
        if (!out.empty())
            out.pop_back();
    }
    return out + "...";
}

} // namespace harmonia::alert
