#include "jobs/settle/accounts/procedures/account.hpp"

#include "core/time/civil.hpp"

namespace harmonia::settle::accounts {

Account new_account(const AccountKey& key, std::int64_t now_us) {
    constexpr std::int64_t k_transfers_a_day = std::int64_t{1} << 40U;
    Account account;
    account.key = key;
    account.creation_date = time::date_of_local(now_us);
    account.last_change_ts_us = now_us;
    account.last_heartbeat_ts_us = now_us;
    account.last_transfer_id = account.creation_date * k_transfers_a_day;
    return account;
}

} // namespace harmonia::settle::accounts
