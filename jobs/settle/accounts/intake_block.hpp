// Decoded messages on their way into the tables where they wait.
#pragma once

#include "core/smp/messages.hpp"
#include "importers/sink.hpp"

#include <span>
#include <vector>

namespace harmonia::settle::accounts {

class IntakeBlock final : public importers::Block {
public:
    [[nodiscard]] std::size_t rows() const override {
        return configurations.size() + transfers.size() + finalizations.size() + changes.size() +
               chores.size();
    }
    [[nodiscard]] std::size_t bytes() const override { return bytes_; }
    void clear() override;
    /// `bytes`: the body's length, as a measure of what the value holds.
    void add(smp::Request&& request, std::size_t bytes);
    void add(smp::Chore&& chore, std::size_t bytes);

    std::vector<smp::ConfigureAccount> configurations;
    std::vector<smp::PrepareTransfer> transfers;
    std::vector<smp::FinalizeTransfer> finalizations;
    std::vector<smp::PendingBalanceChange> changes;
    std::vector<smp::Chore> chores;

private:
    std::size_t bytes_ = 0;
};

/// Stores all of it; repetitions are counted as duplicates.
[[nodiscard]] importers::BlockCounts write_block(db::Transaction& tx, const IntakeBlock& block);

/// Registers what was not registered yet and lets it wait for its account; returns how many were
/// new. Repetitions, also within `changes`, are left alone.
std::size_t register_changes(db::Transaction& tx,
                             const std::vector<smp::PendingBalanceChange>& changes);

/// Lets changes that are registered wait for their accounts.
void copy_pending(db::Transaction& tx, std::span<const smp::PendingBalanceChange> changes);

} // namespace harmonia::settle::accounts
