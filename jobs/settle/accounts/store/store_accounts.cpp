// Accounts are written by one statement per batch: each column of the table is one array parameter.
#include "core/db/retry.hpp"
#include "jobs/settle/accounts/store/key_arrays.hpp"
#include "jobs/settle/accounts/store/store.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

struct Column {
    const char* name;
    const char* type;
    Touched least; ///< written when at least this was touched
    void (*add)(db::ArrayText&, const Account&);
    const char* value = nullptr; ///< expression that makes the value from the element `k.name`
};

void add_optional(db::ArrayText& array, const std::string& text) {
    if (text.empty())
        array.add_null();
    else
        array.add(text);
}

using A = db::ArrayText;
using R = const Account;
constexpr auto k_int = "integer";
constexpr auto k_big = "bigint";
constexpr auto k_time = "timestamptz";
constexpr Touched k_locks = Touched::locks, k_money = Touched::money, k_all = Touched::all;

constexpr Column k_columns[] = {
    {"debtor_id", k_big, k_locks, [](A& t, R& a) { t.add(a.key.debtor_id); }},
    {"creditor_id", k_big, k_locks, [](A& t, R& a) { t.add(a.key.creditor_id); }},
    {"total_locked_amount", k_big, k_locks, [](A& t, R& a) { t.add(a.total_locked_amount); }},
    {"pending_transfers_count", k_int, k_locks,
     [](A& t, R& a) { t.add(a.pending_transfers_count); }},
    {"last_transfer_id", k_big, k_locks, [](A& t, R& a) { t.add(a.last_transfer_id); }},
    {"principal", k_big, k_money, [](A& t, R& a) { t.add(a.principal); }},
    {"interest", "double precision", k_money, [](A& t, R& a) { t.add(a.interest); }},
    {"last_change_seqnum", k_int, k_money, [](A& t, R& a) { t.add(a.last_change_seqnum); }},
    {"last_change_ts", k_time, k_money,
     [](A& t, R& a) { t.add(db::Instant{a.last_change_ts_us}); }},
    {"last_transfer_number", k_big, k_money, [](A& t, R& a) { t.add(a.last_transfer_number); }},
    {"last_transfer_committed_at", k_time, k_money,
     [](A& t, R& a) { t.add(db::Instant{a.last_transfer_committed_at_us}); }},
    {"status_flags", k_int, k_money, [](A& t, R& a) { t.add(a.status_flags); }},
    {"last_heartbeat_ts", k_time, k_money,
     [](A& t, R& a) { t.add(db::Instant{a.last_heartbeat_ts_us}); }},
    {"pending_account_update", "boolean", k_money,
     [](A& t, R& a) { t.add(a.pending_account_update); }},
    {"creation_date", "date", k_all, [](A& t, R& a) { t.add(db::Date{a.creation_date}); }},
    {"interest_rate", "real", k_all, [](A& t, R& a) { t.add(a.interest_rate); }},
    {"previous_interest_rate", "real", k_all, [](A& t, R& a) { t.add(a.previous_interest_rate); }},
    {"last_interest_rate_change_ts", k_time, k_all,
     [](A& t, R& a) { t.add(db::Instant{a.last_interest_rate_change_ts_us}); }},
    {"last_interest_capitalization_ts", k_time, k_all,
     [](A& t, R& a) { t.add(db::Instant{a.last_interest_capitalization_ts_us}); }},
    {"last_deletion_attempt_ts", k_time, k_all,
     [](A& t, R& a) { t.add(db::Instant{a.last_deletion_attempt_ts_us}); }},
    {"last_config_ts", k_time, k_all, [](A& t, R& a) { t.add(db::Instant{a.last_config_ts_us}); }},
    {"last_config_seqnum", k_int, k_all, [](A& t, R& a) { t.add(a.last_config_seqnum); }},
    {"negligible_amount", "real", k_all, [](A& t, R& a) { t.add(a.negligible_amount); }},
    {"config_flags", k_int, k_all, [](A& t, R& a) { t.add(a.config_flags); }},
    {"config_data", "text", k_all, [](A& t, R& a) { t.add(a.config_data); }},
    {"debtor_info_iri", "text", k_all, [](A& t, R& a) { add_optional(t, a.debtor_info.iri); }},
    {"debtor_info_content_type", "text", k_all,
     [](A& t, R& a) { add_optional(t, a.debtor_info.content_type); }},
    {"debtor_info_sha256", "text", k_all, [](A& t, R& a) { add_optional(t, a.debtor_info.sha256); },
     "decode(k.debtor_info_sha256, 'hex')"},
};
constexpr std::size_t k_key_columns = 2;

/// The arrays, and how the statement names them.
struct Written {
    std::vector<db::Param> arrays;
    std::vector<const Column*> columns;
    std::string arguments, names; ///< `$1::bigint[], …` and `debtor_id, …`
};

Written written(std::span<const Account* const> accounts, Touched touched) {
    Written w;
    for (const Column& column : k_columns) {
        if (column.least > touched)
            continue;
        db::ArrayText array;
        for (const Account* account : accounts)
            column.add(array, *account);
        w.arrays.emplace_back(array);
        w.columns.push_back(&column);
        const char* comma = w.names.empty() ? "" : ", ";
        w.arguments += fmt::format("{}${}::{}[]", comma, w.arrays.size(), column.type);
        w.names += fmt::format("{}{}", comma, column.name);
    }
    return w;
}

std::string value_of(const Column& column) {
    return column.value != nullptr ? column.value : fmt::format("k.{}", column.name);
}

} // namespace

void update_accounts(db::Transaction& tx, std::span<const Account* const> accounts,
                     Touched touched) {
    if (accounts.empty())
        return;
    Written w = written(accounts, touched);
    db::ArrayText places; // finds a row faster than its key, which is compared too
    for (const Account* account : accounts)
        places.add(account->ctid);
    w.arrays.emplace_back(places);
    std::string set;
    for (std::size_t i = k_key_columns; i < w.columns.size(); ++i)
        set += fmt::format("{}{} = {}", set.empty() ? "" : ", ", w.columns[i]->name,
                           value_of(*w.columns[i]));
    const db::Result changed = tx.run(fmt::format(R"(
        UPDATE accounts.account a
        SET {}
        FROM unnest({}, ${}::tid[]) AS k ({}, place)
        WHERE a.ctid = k.place
          AND a.debtor_id = k.debtor_id
          AND a.creditor_id = k.creditor_id)",
                                                  set, w.arguments, w.arrays.size(), w.names),
                                      w.arrays);
    if (changed.affected() != accounts.size())
        throw db::Conflict("a locked account disappeared");
}

void insert_accounts(db::Transaction& tx, std::span<const Account* const> accounts) {
    if (accounts.empty())
        return;
    const Written w = written(accounts, Touched::all);
    std::string values;
    for (const Column* column : w.columns)
        values += fmt::format("{}{}", values.empty() ? "" : ", ", value_of(*column));
    const db::Result inserted = tx.run(fmt::format(R"(
        INSERT INTO accounts.account ({2})
        SELECT {0}
        FROM unnest({1}) AS k ({2})
        ON CONFLICT DO NOTHING)",
                                                   values, w.arguments, w.names),
                                       w.arrays);
    if (inserted.affected() != accounts.size())
        throw db::Conflict("another process created the same account");
}

void delete_accounts(db::Transaction& tx, std::span<const AccountKey> keys) {
    if (keys.empty())
        return;
    const KeyArrays arrays(keys);
    tx.exec(R"(
        DELETE FROM accounts.prepared_transfer p
        USING unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, creditor_id)
        WHERE p.debtor_id = k.debtor_id
          AND p.sender_creditor_id = k.creditor_id)",
            arrays.debtors, arrays.creditors);
    tx.exec(R"(
        DELETE FROM accounts.account a
        USING unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, creditor_id)
        WHERE a.debtor_id = k.debtor_id
          AND a.creditor_id = k.creditor_id)",
            arrays.debtors, arrays.creditors);
}

} // namespace harmonia::settle::accounts
