#include "core/db/wait.hpp"

#include "core/base/stop.hpp"

namespace harmonia::db {
namespace {

constexpr std::chrono::milliseconds k_ask_again{250};

} // namespace

void wait_for_work(Connection& connection, std::chrono::milliseconds longest,
                   const std::function<bool()>& keep_waiting) {
    for (auto waited = k_ask_again;
         waited <= longest && stop_signal() == 0 && (!keep_waiting || keep_waiting());
         waited += k_ask_again)
        if (connection.wait_notification(k_ask_again))
            return;
}

} // namespace harmonia::db
