#include "jobs/settle/accounts/local_reach.hpp"

#include "core/base/log.hpp"
#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/sql_text.hpp"

namespace harmonia::settle::accounts {

std::vector<Reach> LocalReach::recipients(std::span<const smp::AccountKey> accounts) {
    std::vector<Reach> answers(accounts.size(), Reach::unknown);
    ArrayText debtors, creditors, places;
    std::vector<smp::AccountKey> foreign;
    std::vector<std::size_t> foreign_places;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        if (accounts[i].creditor_id == smp::k_root_creditor) {
            answers[i] = Reach::yes;
        } else if (realm_.owns(accounts[i])) {
            answers[i] = Reach::no;
            debtors.add(accounts[i].debtor_id);
            creditors.add(accounts[i].creditor_id);
            places.add(static_cast<std::int64_t>(i));
        } else {
            foreign.push_back(accounts[i]);
            foreign_places.push_back(i);
        }
    }
    if (debtors.size() > 1) {
        db::Transaction tx(connection_);
        const db::Result found =
            tx.exec("SELECT k.place FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) "
                    "AS k (debtor_id, creditor_id, place) JOIN accounts.account a "
                    "USING (debtor_id, creditor_id) "
                    "WHERE a.status_flags & 1 = 0 AND a.config_flags & 1 = 0",
                    debtors.param(), creditors.param(), places.param());
        tx.rollback();
        for (std::size_t row = 0; row < found.size(); ++row)
            answers[static_cast<std::size_t>(found.integer(row, 0))] = Reach::yes;
    }
    if (!foreign.empty() && elsewhere_ != nullptr) {
        const auto far = elsewhere_->recipients(foreign);
        for (std::size_t i = 0; i < foreign.size(); ++i)
            answers[foreign_places[i]] = far.at(i);
    }
    return answers;
}

std::vector<RootLookup> LocalReach::root_configs(std::span<const std::int64_t> debtors) {
    std::vector<RootLookup> answers(debtors.size());
    ArrayText ids, places;
    std::vector<std::int64_t> foreign;
    std::vector<std::size_t> foreign_places;
    for (std::size_t i = 0; i < debtors.size(); ++i) {
        if (realm_.owns({debtors[i], smp::k_root_creditor})) {
            answers[i].found = Reach::no;
            ids.add(debtors[i]);
            places.add(static_cast<std::int64_t>(i));
        } else {
            foreign.push_back(debtors[i]);
            foreign_places.push_back(i);
        }
    }
    if (ids.size() > 1) {
        db::Transaction tx(connection_);
        const db::Result found =
            tx.exec("SELECT k.place, a.config_data, a.debtor_id FROM unnest($1::bigint[], "
                    "$2::bigint[]) AS k (debtor_id, place) JOIN accounts.account a "
                    "ON a.debtor_id = k.debtor_id AND a.creditor_id = 0",
                    ids.param(), places.param());
        tx.rollback();
        for (std::size_t row = 0; row < found.size(); ++row) {
            const auto config = smp::parse_root_config(found.text(row, 1));
            RootLookup& answer = answers[static_cast<std::size_t>(found.integer(row, 0))];
            if (config)
                answer = {Reach::yes, *config};
            else
                log::error("a root account's configuration cannot be read",
                           {{"debtor", found.integer(row, 2)}, {"reason", config.error().code}});
        }
    }
    if (!foreign.empty() && elsewhere_ != nullptr) {
        const auto far = elsewhere_->root_configs(foreign);
        for (std::size_t i = 0; i < foreign.size(); ++i)
            answers[foreign_places[i]] = far.at(i);
    }
    return answers;
}

} // namespace harmonia::settle::accounts
