#include "jobs/serve/decide_fetch.hpp"

#include "core/smp/realm.hpp"

namespace harmonia::serve {
namespace {

net::Response answer(int status, std::string body, NotFoundCaching cache) {
    const bool day = status != 404 || cache == NotFoundCaching::reference;
    return {status,
            std::move(body),
            {{"Content-Type", "text/plain; charset=utf-8"},
             {"Cache-Control", day ? "max-age=86400" : "max-age=0"}}};
}

} // namespace

std::optional<smp::AccountKey> account_of(std::string_view debtor, std::string_view creditor) {
    const auto debtor_id = smp::parse_account_id(debtor);
    const auto creditor_id = smp::parse_account_id(creditor);
    if (!debtor_id || !creditor_id)
        return std::nullopt;
    return smp::AccountKey{*debtor_id, *creditor_id};
}

net::Response reachable(const smp::AccountKey& key, const std::optional<FetchedAccount>& account,
                        NotFoundCaching cache) {
    const bool yes = key.creditor_id == smp::k_root_creditor ||
                     (account && !account->deleted && !account->scheduled_for_deletion);
    return answer(yes ? 204 : 404, "", cache);
}

net::Response config(const std::optional<FetchedAccount>& account, NotFoundCaching cache) {
    return account ? answer(200, account->config_data, cache) : answer(404, "", cache);
}

net::Response healthy() {
    return {200, "I am healthy", {{"Content-Type", "text/plain"}}};
}

net::Response foreign() {
    return {.status = 500};
}

} // namespace harmonia::serve
