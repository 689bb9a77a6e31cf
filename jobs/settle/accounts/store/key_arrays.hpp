// Account keys as the two array parameters of unnest().
#pragma once

#include "core/db/array.hpp"
#include "core/smp/messages.hpp"

#include <span>

namespace harmonia::settle::accounts {

struct KeyArrays {
    db::ArrayText debtors, creditors;

    KeyArrays() = default;
    explicit KeyArrays(std::span<const smp::AccountKey> keys) {
        for (const smp::AccountKey& key : keys)
            add(key);
    }
    void add(const smp::AccountKey& key) {
        debtors.add(key.debtor_id);
        creditors.add(key.creditor_id);
    }
};

} // namespace harmonia::settle::accounts
