// Creditors and debtors at their agents: they open accounts, issue money and pay each other over
// the broker, finalize prepared transfers, and check every message they receive.
//
// As the protocol asks of a coordinator, the first transfer prepared for a request is committed and
// a surplus one dismissed. Every payment is small compared to what was issued, so that all must
// succeed.
#pragma once

#include "core/broker/client.hpp"
#include "core/smp/realm.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace harmonia::test {

class Agents {
public:
    /// The exchanges must exist. Debtors are 1 … `debtors`, each with `creditors` accounts.
    Agents(int debtors, int creditors);

    void open_accounts();            ///< also the root accounts
    void issue(std::int64_t amount); ///< to every account
    void pay(int count);             ///< between any two accounts of a debtor
    /// From one account to another; both created by open_accounts().
    void pay(const smp::AccountKey& sender, std::int64_t recipient, std::int64_t amount);
    /// Receives and answers the messages that have arrived; returns their number.
    std::size_t listen();

    [[nodiscard]] const std::vector<smp::AccountKey>& accounts() const { return accounts_; }
    [[nodiscard]] std::size_t requests() const { return requests_.size(); }
    [[nodiscard]] std::size_t finished() const { return finished_; } ///< requests
    [[nodiscard]] std::size_t surplus() const { return surplus_; }   ///< transfers dismissed
    /// What each account must hold when all requests are finished; also of root accounts.
    [[nodiscard]] const std::map<smp::AccountKey, std::int64_t>& due() const { return due_; }
    /// What is wrong with the messages so far; at the end also which are missing.
    [[nodiscard]] std::vector<std::string> complaints(bool at_the_end) const;

private:
    struct Request {
        smp::AccountKey sender;
        std::int64_t recipient = 0, amount = 0;
        std::optional<std::int64_t> transfer;
        bool finished = false;
    };
    void request(const smp::AccountKey& sender, std::int64_t recipient, std::int64_t amount);
    void answer(const nlohmann::json& prepared);
    void note_end(const nlohmann::json& finalized);
    void note_transfer(const nlohmann::json& transfer);
    void send(const nlohmann::json& body);
    void complain(const std::string& what, const nlohmann::json& message);

    broker::Session session_;
    broker::Publisher publisher_;
    std::mt19937 random_{20261121};
    int debtors_, creditors_;
    std::vector<smp::AccountKey> accounts_;
    std::map<std::int64_t, Request> requests_;
    std::map<smp::AccountKey, std::int64_t> due_;
    std::map<smp::AccountKey, std::map<std::int64_t, std::int64_t>> announced_; ///< number → amount
    std::vector<std::string> complaints_;
    std::size_t finished_ = 0, surplus_ = 0;
};

} // namespace harmonia::test
