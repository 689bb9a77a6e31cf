// Questions about accounts that may belong to another realm: asked for whole batches, before any
// account is locked.
//
// LocalReach answers from this database for the accounts of its realm; FetchClient asks the fetch
// APIs of other realms.
#pragma once

#include "core/smp/messages.hpp"
#include "core/smp/root_config.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace harmonia::settle::accounts {

/// `unknown`: a server did not answer; asking again later may help. It is never by itself a reason
/// to refuse a transfer.
enum class Reach { yes, no, unknown };

/// `yes`: the debtor's root account has this configuration. `no`: the account does not exist, or
/// its configuration is invalid.
struct RootLookup {
    Reach found = Reach::unknown;
    smp::RootConfig config;
};

struct Reachability {
    virtual ~Reachability() = default;
    /// Whether each account can be a recipient: it exists, is neither deleted nor scheduled for
    /// deletion, or is a root account (always reachable). One answer per key, in their order.
    [[nodiscard]] virtual std::vector<Reach>
    recipients(std::span<const smp::AccountKey> accounts) = 0;
    /// One answer per debtor, in their order.
    [[nodiscard]] virtual std::vector<RootLookup>
    root_configs(std::span<const std::int64_t> debtors) = 0;
};

} // namespace harmonia::settle::accounts
