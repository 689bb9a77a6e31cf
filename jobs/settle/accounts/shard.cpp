#include "jobs/settle/accounts/shard.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

struct Owned {
    const char* name;
    const char* rows; ///< SELECT of the ids that say whose the row is
};
constexpr Owned k_owned[] = {
    {"account", "SELECT debtor_id AS d, creditor_id AS c FROM accounts.account"},
    {"prepared_transfer",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.prepared_transfer"},
    {"configure_request",
     "SELECT debtor_id AS d, creditor_id AS c FROM accounts.configure_request"},
    {"chore_request", "SELECT debtor_id AS d, creditor_id AS c FROM accounts.chore_request"},
    {"transfer_request",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.transfer_request"},
    {"finalization_request",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.finalization_request"},
    {"pending_balance_change",
     "SELECT debtor_id AS d, creditor_id AS c FROM accounts.pending_balance_change"},
    // The key is DEBTOR/CREDITOR of the owner or sender; every balance change may leave, whoever
    // publishes it, because its receiver knows it again.
    {"outbox", "SELECT split_part(key, '/', 1)::bigint AS d, split_part(key, '/', 2)::bigint AS c "
               "FROM ops.outbox WHERE area = 'accounts' AND kind <> 'PendingBalanceChange'"},
};

} // namespace

std::vector<ForeignRows> foreign_rows(db::Connection& connection, const smp::Realm& realm) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<ForeignRows> found;
    for (const Owned& owned : k_owned) {
        const db::Result count =
            tx.exec(fmt::format("SELECT count(*) FROM ({}) o WHERE accounts.sharding_key(o.d, o.c) "
                                "& $1::bigint <> $2::bigint",
                                owned.rows),
                    realm.mask(), realm.prefix());
        if (count.integer(0, 0) > 0)
            found.push_back({owned.name, count.integer(0, 0)});
    }
    return found;
}

} // namespace harmonia::settle::accounts
