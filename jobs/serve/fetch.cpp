// The fetch API of the accounting authority: which accounts can be paid, and what debtors
// configured. Read only, without authentication, for the operator's own network
// (docs/reference/serve.md).
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/smp/realm.hpp"
#include "jobs/serve/api.hpp"
#include "jobs/serve/decide_fetch.hpp"
#include "jobs/serve/load_fetch.hpp"
#include "jobs/serve/sessions.hpp"

#include <memory>

namespace harmonia::serve {
namespace {

struct Fetch {
    smp::Realm realm;
    NotFoundCaching cache;
    Sessions sessions;

    explicit Fetch(const Setup& setup)
        : realm(realm_of(*config::lookup(setup.config, "accounts.realm"))),
          cache(config::lookup(setup.config, "accounts.fetch.reference_cache")->as_boolean()
                    ? NotFoundCaching::reference
                    : NotFoundCaching::none),
          sessions(setup.database) {}

    static smp::Realm realm_of(const config::Value& value) {
        const auto realm = smp::Realm::parse(value.as_text());
        if (!realm)
            value.fail(realm.error().detail);
        return *realm;
    }

    std::optional<FetchedAccount> find(const smp::AccountKey& key) {
        return sessions.with(
            [&](db::Connection& connection) { return find_account(connection, key); });
    }

    /// `answer(key)` for an account of this realm; 404 when the path names no account.
    template <typename Answer>
    net::Response about(const net::Request& request, Answer answer) {
        const auto key = account_of(request.segment("debtor"), request.segment("creditor"));
        if (!key)
            return {.status = 404};
        return realm.owns(*key) ? answer(*key) : foreign();
    }

    net::Response reachable(const net::Request& request) {
        return about(
            request,
            [&](const smp::AccountKey& key) {
                const bool root = key.creditor_id == smp::k_root_creditor;
                return serve::reachable(key, root ? std::nullopt : find(key), cache);
            });
    }

    net::Response config(const net::Request& request) {
        return about(
            request, [&](const smp::AccountKey& key) { return serve::config(find(key), cache); });
    }
};

} // namespace

std::vector<net::Route> fetch_routes(const Setup& setup) {
    const auto fetch = std::make_shared<Fetch>(setup);
    return {
        {"GET", "/accounts/healthz", [](const net::Request&) { return healthy(); }},
        {"GET", "/accounts/{debtor}/{creditor}/reachable",
         [fetch](const net::Request& request) { return fetch->reachable(request); }},
        {"GET", "/accounts/{debtor}/{creditor}/config",
         [fetch](const net::Request& request) { return fetch->config(request); }},
    };
}

} // namespace harmonia::serve
