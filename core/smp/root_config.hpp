// What a debtor configures on its root account (`config_data`, RootConfigData 1.0): the target
// interest rate, how much may be issued, and where its documents are.
//
//   {"type": "RootConfigData", "rate": 3.5, "limit": 1000000,
//    "info": {"type": "DebtorInfo", "iri": "https://…", "contentType": "…", "sha256": "64 digits"}}
//
// Every member may be absent; only `iri` is required in `info`. Types may carry a version `-v1` to
// `-v999999`. Unknown members are ignored at every level.
#pragma once

#include "core/base/expected.hpp"
#include "core/smp/messages.hpp"

#include <optional>
#include <string_view>

namespace harmonia::smp {

inline constexpr float k_rate_min = -50, k_rate_max = 100; ///< percent a year

struct RootConfig {
    float rate = 0;                    ///< in single precision, as accounts keep it
    std::int64_t limit = k_amount_max; ///< the root's principal may not go below -limit
    DebtorInfo info;                   ///< empty: none given
};

/// The empty text is a configuration of defaults. Problems as in decode.hpp.
[[nodiscard]] Expected<RootConfig> parse_root_config(std::string_view config_data);

} // namespace harmonia::smp
