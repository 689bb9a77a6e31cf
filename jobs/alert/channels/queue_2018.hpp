// The exchange and queue of the alert service of 2018, as that service declares them.
#pragma once

namespace harmonia::alert {

inline constexpr const char* k_exchange_2018 = "dummy-exchange";
inline constexpr const char* k_routing_key_2018 = "dummy-alerts";
inline constexpr const char* k_queue_2018 = "dummy_alerts_queue";

} // namespace harmonia::alert
