// Accounts in a ring, each paying the next over the broker, and the accounting authority that
// serves them, run through the program as an operator runs it.
//
// The agents follow the protocol: of the transfers prepared for a request the first is committed
// and any surplus dismissed. No connection is kept, so that servers may be restarted.
#pragma once

#include "tests/support/broker.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

class Ring {
public:
    /// Opens the accounts with the same amount on each. Balance changes go through the broker.
    Ring();

    /// Every account requests a payment to the next; the amounts differ.
    void pay();
    /// Takes turns until `command` reaches `place` (ACT:before or ACT:after), where it pauses while
    /// `down` stops a server. With the server up again it ends, with success or unavailable.
    void disturb(const std::vector<std::string>& command, const std::string& place,
                 const std::function<void()>& down, const std::function<void()>& up);
    /// Takes turns until nothing is pending anywhere.
    void finish();

    /// By creditor; of the root account too.
    [[nodiscard]] std::map<std::int64_t, std::int64_t> principals() const;
    [[nodiscard]] const std::map<std::int64_t, std::int64_t>& due() const { return due_; }

    void must(const std::vector<std::string>& arguments) const;

private:
    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments) const;
    /// Whether the run reached the place and was disturbed there.
    bool disturbed(const std::vector<std::string>& command, const std::string& place,
                   const std::function<void()>& down, const std::function<void()>& up) const;
    void ask(std::int64_t from, std::int64_t to, std::int64_t amount);
    void send(const std::vector<nlohmann::json>& bodies) const;
    void answer();
    [[nodiscard]] bool is_pending() const;

    struct Request {
        std::int64_t amount = 0, transfer = 0; ///< transfer 0: not prepared yet
    };
    TempDatabase database_;
    TempDir directory_;
    std::map<std::int64_t, Request> requests_; ///< by coordinator_request_id
    std::vector<nlohmann::json> outgoing_;
    std::map<std::int64_t, std::int64_t> due_;
    std::int64_t round_ = 0;
};

} // namespace harmonia::test
