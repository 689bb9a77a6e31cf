#include "core/db/wait.hpp"

#include "core/base/stop.hpp"

namespace harmonia::db {
namespace {

constexpr std::chrono::milliseconds k_ask_again{250};

} // namespace

void wait_for_work(Connection& connection, std::chrono::milliseconds most,
                   const std::function<bool()>& going) {
    for (auto waited = k_ask_again; waited <= most && stop_signal() == 0 && (!going || going());
         waited += k_ask_again)
        if (connection.wait_notification(k_ask_again))
            return;
}

} // namespace harmonia::db
