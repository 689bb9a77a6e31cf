#include "tests/e2e/shards/books.hpp"

#include "tests/support/catch.hpp"

#include <set>
#include <tuple>

namespace harmonia::test {
namespace {

/// Rows of whole numbers.
std::vector<std::vector<std::int64_t>> rows_of(const Site& site, const std::string& database,
                                               const std::string& sql) {
    const auto connection = site.connect(database);
    db::Transaction tx(*connection);
    const auto found = tx.exec(sql);
    std::vector<std::vector<std::int64_t>> rows(found.size());
    for (std::size_t row = 0; row < found.size(); ++row)
        for (std::size_t column = 0; column < found.columns(); ++column)
            rows[row].push_back(found.integer(row, column));
    return rows;
}

} // namespace

std::map<std::int64_t, Sum> sums(const Site& site, const Shards& shards) {
    std::map<std::int64_t, Sum> sums;
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t> on_its_way;
    for (const auto& [database, realm] : shards) {
        for (const auto& row :
             rows_of(site, database, "SELECT debtor_id, principal FROM accounts.account"))
            sums[row[0]].principals += row[1];
        for (const auto& row : rows_of(site, database,
                                       "SELECT debtor_id, other_creditor_id, change_id, "
                                       "principal_delta FROM accounts.sent_balance_change"))
            on_its_way[{row[0], row[1], row[2]}] = row[3];
    }
    for (const auto& [database, realm] : shards)
        for (const auto& row :
             rows_of(site, database,
                     "SELECT debtor_id, other_creditor_id, change_id FROM "
                     "accounts.registered_balance_change r WHERE NOT EXISTS (SELECT FROM "
                     "accounts.pending_balance_change p WHERE p.debtor_id = r.debtor_id AND "
                     "p.other_creditor_id = r.other_creditor_id AND p.change_id = r.change_id)"))
            on_its_way.erase({row[0], row[1], row[2]});
    for (const auto& [change, delta] : on_its_way)
        sums[std::get<0>(change)].on_its_way += delta;
    return sums;
}

void check_settled(const Site& site, const Shards& shards, const Agents& agents) {
    std::set<smp::AccountKey> seen;
    for (const auto& [database, realm] : shards) {
        INFO(database);
        for (const auto& row :
             rows_of(site, database,
                     "SELECT debtor_id, creditor_id, principal FROM accounts.account")) {
            const smp::AccountKey account{row[0], row[1]};
            INFO("account " << row[0] << "/" << row[1]);
            CHECK(realm.owns(account));
            CHECK(seen.insert(account).second);
            CHECK(row[2] == agents.due().at(account));
        }
        CHECK(site.text(database, R"(SELECT concat_ws(' ',
            (SELECT count(*) FROM accounts.prepared_transfer),
            (SELECT count(*) FROM accounts.transfer_request),
            (SELECT count(*) FROM accounts.finalization_request),
            (SELECT count(*) FROM accounts.pending_balance_change),
            (SELECT count(*) FROM ops.outbox), (SELECT count(*) FROM ops.dead_letter)))") ==
              "0 0 0 0 0 0");
    }
    CHECK(seen.size() == agents.due().size());
    for (const auto& [debtor, sum] : sums(site, shards)) {
        INFO("debtor " << debtor);
        CHECK(sum.principals == 0);
        CHECK(sum.on_its_way == 0);
    }
}

} // namespace harmonia::test
