// Two shards, each with its database and its server, ask one another.
#include "core/config/config.hpp"
#include "jobs/serve/run.hpp"
#include "jobs/settle/accounts/fetch/client.hpp"
#include "jobs/settle/accounts/fetch/local_reach.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using smp::AccountKey;

namespace {

config::Value tree(const std::string& yaml) {
    const test::TempDir dir;
    config::Layers layers;
    layers.file = dir.write("c.yaml", "version: 1\n" + yaml);
    return config::load(layers);
}

/// A shard with a server on a free port.
struct Shard {
    explicit Shard(const std::string& realm_text)
        : realm(*smp::Realm::parse(realm_text)),
          serving({serve::chosen({"fetch"}),
                   tree(fmt::format("accounts: {{realm: '{}'}}\nserve: {{fetch: {{listen: "
                                    "'127.0.0.1:0', log_requests: false}}}}\n",
                                    realm_text)),
                   [this](const std::string&) { return database.settings(); }}) {}

    void add(const AccountKey& key, const std::string& config_data = "") const {
        REQUIRE(realm.owns(key));
        database.execute(fmt::format(
            "INSERT INTO accounts.account (debtor_id, creditor_id, creation_date, last_change_ts,"
            " last_heartbeat_ts, last_transfer_id, config_data)"
            " VALUES ({}, {}, '2026-01-01', now(), now(), 0, '{}')",
            key.debtor_id, key.creditor_id, config_data));
    }
    [[nodiscard]] std::string url() const {
        return fmt::format("http://127.0.0.1:{}/whatever", serving.port("fetch"));
    }

    smp::Realm realm;
    test::TempDatabase database;
    serve::Serving serving;
};

/// The first pair of this debtor that the realm owns, from `creditor` on.
AccountKey owned(const smp::Realm& realm, std::int64_t debtor, std::int64_t creditor) {
    while (!realm.owns({debtor, creditor}))
        ++creditor;
    return {debtor, creditor};
}

std::int64_t root_in(const smp::Realm& realm, std::int64_t debtor) {
    while (!realm.owns({debtor, smp::k_root_creditor}))
        --debtor;
    return debtor;
}

} // namespace

TEST_CASE("A-96 A-97 two shards: each answers for its own, and asks the other for the rest") {
    const Shard zero("0.#"), one("1.#");
    const AccountKey near = owned(zero.realm, -7, 1), far = owned(one.realm, -7, 1);
    const AccountKey near_missing = owned(zero.realm, -7, 1'000);
    const AccountKey far_missing = owned(one.realm, -7, 1'000);
    zero.add(near);
    one.add(far);
    const std::int64_t debtor = root_in(one.realm, -1), other = root_in(one.realm, debtor - 1);
    const std::int64_t broken = root_in(one.realm, other - 1);
    one.add({debtor, 0}, R"({"rate": 2.5})");
    one.add({broken, 0}, "not JSON");

    FetchClient client(read_fetch_settings(tree(
        fmt::format("accounts: {{shards: [{{realm: '1.#', fetch_url: '{}'}}]}}\n", one.url()))));
    const auto session = zero.database.connect();
    LocalReach reach(*session, zero.realm, &client);
    const std::vector<AccountKey> accounts{far, near, far_missing, near_missing, far, {-7, 0}};
    REQUIRE(reach.recipients(accounts) == std::vector<Reach>{Reach::yes, Reach::yes, Reach::no,
                                                             Reach::no, Reach::yes, Reach::yes});
    const std::vector<std::int64_t> debtors{debtor, other, broken};
    const auto found = reach.root_configs(debtors);
    REQUIRE(found[0].found == Reach::yes);
    REQUIRE(found[0].config.rate == 2.5F);
    REQUIRE(found[1].found == Reach::no);
    REQUIRE(found[2].found == Reach::no);
}

TEST_CASE("one address for everything: a server that asks itself for the wrong shard is unknown") {
    const Shard zero("0.#");
    const AccountKey near = owned(zero.realm, -7, 1),
                     far = owned(smp::Realm(*smp::Realm::parse("1.#")), -7, 1);
    zero.add(near);
    FetchClient client(
        read_fetch_settings(tree(fmt::format("accounts: {{fetch: {{url: '{}'}}}}\n", zero.url()))));
    const std::vector<AccountKey> accounts{near, far};
    REQUIRE(client.recipients(accounts) == std::vector<Reach>{Reach::yes, Reach::unknown});
}
