// An accounting authority in its own database: messages go in as strings, stages run in this
// process, and what it would publish is read from the outbox.
#pragma once

#include "jobs/settle/accounts/run.hpp"
#include "tests/support/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

/// Ids of an agent: their highest 24 bits are not zero.
inline constexpr long long k_agent_base = 0x0000020000000000;

class Authority {
public:
    Authority();

    /// Stores messages as `import` does, in one block; returns the problem code of each refused
    /// one.
    std::vector<std::string> take(const std::vector<std::string>& bodies) const;
    std::vector<std::string> take_chores(const std::vector<std::string>& bodies) const;
    settle::accounts::Outcome settle(const std::vector<std::string>& stages = {}) const;

    /// `purge-archive accounts` with the threshold of `settings`: rows that became sums, by table.
    std::map<std::string, std::int64_t> fold(bool dry_run = false) const;

    /// ConfigureAccount, stored and applied.
    void configure(long long debtor, long long creditor, const std::string& more = "") const;
    /// A root account that may issue, and accounts with `amount` on each.
    void fund(long long debtor, const std::vector<std::int64_t>& creditors, long long amount) const;

    /// Bodies of a kind, in the order of publication.
    [[nodiscard]] std::vector<std::string> published(const std::string& kind) const;
    /// One member of the last body of a kind, as PostgreSQL's jsonb prints it; "" without one.
    [[nodiscard]] std::string last(const std::string& kind, const std::string& member) const;
    void forget() const { database.execute("DELETE FROM ops.outbox"); }
    /// A column of one account; "" for a missing account.
    [[nodiscard]] std::string of(long long debtor, long long creditor,
                                 const std::string& column) const;
    /// Checks of `audit accounts` that fail, by name.
    [[nodiscard]] std::string broken() const;

    TempDatabase database;
    settle::accounts::Settings settings;
};

/// Messages with usual values (§2.6); coordinator type direct.
struct Prepare {
    long long debtor = -1, sender = 1, min = 1, max = 200, request = 1;
    std::string recipient = "1234", type = "direct", until_rate = "9999-12-31T23:59:59Z";
    long long coordinator = 1, delay_s = 100'000'000;
    std::string ts = {}; ///< empty: now
    [[nodiscard]] std::string body() const;
};
struct Finalize {
    long long debtor = -1, sender = 1, transfer = 0, amount = 0, request = 1;
    std::string type = "direct", note = {};
    long long coordinator = 1;
    [[nodiscard]] std::string body() const;
};
struct Change {
    long long debtor = -1, creditor = 1, other = 9999, id = 1, delta = 100;
    std::string type = "direct", committed_at = {};
    [[nodiscard]] std::string body() const;
};
[[nodiscard]] std::string now_text();

} // namespace harmonia::test
