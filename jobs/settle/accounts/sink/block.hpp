// Decoded messages on their way into the tables of pending rows.
#pragma once

#include "core/smp/messages.hpp"
#include "importers/sink/sink.hpp"

#include <vector>

namespace harmonia::settle::accounts {

class RequestBlock final : public importers::Block {
public:
    [[nodiscard]] std::size_t rows() const override {
        return configurations.size() + transfers.size() + finalizations.size() + changes.size() +
               chores.size();
    }
    [[nodiscard]] std::size_t bytes() const override { return bytes_; }
    void clear() override;
    /// `bytes`: the length of the body, which approximates the memory of the message.
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

/// Stores all messages; duplicates are counted and left out.
[[nodiscard]] importers::BlockCounts write_block(db::Transaction& tx, const RequestBlock& block);

} // namespace harmonia::settle::accounts
