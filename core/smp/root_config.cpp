#include "core/smp/root_config.hpp"

#include "core/smp/object.hpp"

#include <algorithm>
#include <array>

namespace harmonia::smp {

namespace {

constexpr std::size_t m_type = 0; ///< of both objects
enum RootMember : std::size_t { m_rate = 1, m_limit, m_info };
constexpr std::array<std::string_view, 4> k_root_names = {"type", "rate", "limit", "info"};
enum InfoMember : std::size_t { m_iri = 1, m_content_type, m_sha256 };
constexpr std::array<std::string_view, 4> k_info_names = {"type", "iri", "contentType", "sha256"};
constexpr std::size_t k_version_digits_max = 6;
constexpr StringRule k_iri{.chars_max = 200};
constexpr StringRule k_content_type{.chars_max = 100, .ascii = true};

/// `Name`, or `Name-v1` to `Name-v999999`.
void check_type(ObjectReader& from, std::string_view name) {
    if (!from.has(m_type))
        return;
    const std::string type = from.take_string(m_type);
    std::string_view rest = type;
    bool good = rest.starts_with(name);
    rest.remove_prefix(good ? name.size() : 0);
    if (good && !rest.empty()) {
        good = rest.starts_with("-v");
        rest.remove_prefix(good ? 2 : 0);
        good = good && !rest.empty() && rest.size() <= k_version_digits_max && rest[0] != '0' &&
               std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
    if (!good)
        from.fail("format", m_type, "must be " + std::string(name));
}

void read_info(ObjectReader& from, DebtorInfo& info) {
    check_type(from, "DebtorInfo");
    info.iri = from.take_string(m_iri, k_iri);
    if (from.has(m_content_type))
        info.content_type = from.take_string(m_content_type, k_content_type);
    if (from.has(m_sha256)) {
        info.sha256 = from.take_string(m_sha256);
        const bool digits = std::all_of(info.sha256.begin(), info.sha256.end(), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
        });
        if (!digits || info.sha256.size() != 64)
            from.fail("format", m_sha256, "must be 64 upper-case hexadecimal digits");
    }
}

} // namespace

Expected<RootConfig> parse_root_config(std::string_view config_data) {
    RootConfig config;
    if (config_data.empty())
        return config;
    json::Document document;
    const auto object = read_object(config_data, document);
    if (!object)
        return tl::make_unexpected(object.error());
    ObjectReader from(*object, k_root_names);
    check_type(from, "RootConfigData");
    if (from.has(m_rate)) {
        const double rate = from.take_real(m_rate);
        if (rate < k_rate_min || rate > k_rate_max)
            from.fail("range", m_rate, "must be from -50 to 100");
        config.rate = static_cast<float>(rate);
    }
    if (from.has(m_limit))
        config.limit = from.take_integer<std::int64_t>(m_limit, 0);
    const auto info = from.has(m_info) ? from.take_object(m_info) : std::nullopt;
    if (from.failed())
        return tl::unexpected<Problem>(std::move(from.problem()));
    if (!info)
        return config;
    ObjectReader from_info(*info, k_info_names);
    read_info(from_info, config.info);
    if (from_info.failed())
        return tl::unexpected<Problem>(std::move(from_info.problem()));
    return config;
}

} // namespace harmonia::smp
