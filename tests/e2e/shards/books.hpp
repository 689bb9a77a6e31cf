// The books of several shards taken together.
#pragma once

#include "tests/e2e/shards/agents.hpp"
#include "tests/e2e/shards/site.hpp"

#include <map>
#include <string>

namespace harmonia::test {

/// A shard by its database's name in the documents, and its realm.
using Shards = std::map<std::string, smp::Realm>;

/// Per debtor: all principals, and what is on its way: sent by a shard, not yet applied by another.
struct Sum {
    std::int64_t principals = 0, on_its_way = 0;
};
[[nodiscard]] std::map<std::int64_t, Sum> sums(const Site& site, const Shards& shards);

/// Every account is in its own shard only and holds what is due; nothing is pending anywhere.
void check_settled(const Site& site, const Shards& shards, const Agents& agents);

} // namespace harmonia::test
