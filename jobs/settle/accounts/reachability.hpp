// Questions about accounts that may live in another realm: asked for whole batches, before any
// account is locked.
//
// The local implementation (local_reach.hpp) answers from this database for the accounts of its
// realm; another one asks the other realms' fetch APIs for the rest.
#pragma once

#include "core/smp/messages.hpp"
#include "core/smp/root_config.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace harmonia::settle::accounts {

/// `unknown`: it could not be found out now (a server did not answer); asking again later may help.
/// It is never a reason by itself to refuse a transfer.
enum class Reach { yes, no, unknown };

/// `yes`: the debtor's root account has this configuration. `no`: there is no such account, or what
/// it holds cannot be read.
struct RootLookup {
    Reach found = Reach::unknown;
    smp::RootConfig config;
};

struct Reachability {
    virtual ~Reachability() = default;
    /// Whether each account can be a recipient: it exists, is neither deleted nor scheduled for
    /// deletion, or is a root account (always reachable). One answer a key, in their order.
    [[nodiscard]] virtual std::vector<Reach>
    recipients(std::span<const smp::AccountKey> accounts) = 0;
    /// One answer a debtor, in their order.
    [[nodiscard]] virtual std::vector<RootLookup>
    root_configs(std::span<const std::int64_t> debtors) = 0;
};

} // namespace harmonia::settle::accounts
