#include "jobs/settle/accounts/sink/sink.hpp"

#include "core/base/error.hpp"
#include "core/smp/decode.hpp"
#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "jobs/settle/accounts/sink/block.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

using importers::Added;

const smp::AccountKey& account_of(const smp::Request& request) {
    struct Visitor {
        const smp::AccountKey& operator()(const smp::ConfigureAccount& m) { return m.account; }
        const smp::AccountKey& operator()(const smp::PrepareTransfer& m) { return m.sender; }
        const smp::AccountKey& operator()(const smp::FinalizeTransfer& m) { return m.sender; }
        const smp::AccountKey& operator()(const smp::PendingBalanceChange& m) { return m.account; }
    };
    return std::visit(Visitor{}, request);
}

class Session : public importers::SessionOf<Session, RequestBlock> {
public:
    explicit Session(const SinkOptions& options) : options_(options) {}

    Expected<Added> take(RequestBlock& block, const importers::Place&, std::string_view raw,
                         std::span<const expr::Value>, importers::OccurrenceCounter&) {
        return decode(block, raw, {});
    }
    Expected<Added> take_message(RequestBlock& block, const importers::Place&,
                                 const broker::Delivery& message, std::string_view,
                                 std::span<const expr::Value>, importers::OccurrenceCounter&) {
        const std::string type = message.properties.type.value_or("");
        if (auto problem = check(message.properties.content_type.value_or(""), type))
            return tl::make_unexpected(std::move(*problem));
        return decode(block, message.body, type);
    }
    importers::BlockCounts store(db::Transaction& tx, const RequestBlock& block, std::int64_t) {
        return write_block(tx, block);
    }
    std::uint64_t waiting(db::Transaction& tx) override {
        const db::Result found = tx.exec(R"(
            SELECT (SELECT count(*)
                    FROM (SELECT FROM accounts.transfer_request LIMIT $1) t) +
                   (SELECT count(*)
                    FROM (SELECT FROM accounts.finalization_request LIMIT $1) f) +
                   (SELECT count(*)
                    FROM (SELECT FROM accounts.pending_balance_change LIMIT $1) p) AS rows)",
                                         options_.pending_max + 1);
        return static_cast<std::uint64_t>(found.only().integer("rows"));
    }
    const char* waits_for() const override { return "settle accounts"; }

protected:
    virtual std::optional<Problem> check(std::string_view content_type,
                                         std::string_view type) const = 0;
    virtual Expected<Added> decode(RequestBlock& block, std::string_view body,
                                   std::string_view type) const = 0;
    const SinkOptions options_;
};

class Requests final : public Session {
public:
    using Session::Session;

protected:
    std::optional<Problem> check(std::string_view content_type,
                                 std::string_view type) const override {
        return smp::check_request_properties(content_type, type);
    }
    Expected<Added> decode(RequestBlock& block, std::string_view body,
                           std::string_view type) const override {
        auto request = smp::decode_request(body, type);
        if (!request)
            return tl::make_unexpected(std::move(request.error()));
        const smp::AccountKey key = account_of(*request);
        if (!options_.realm.owns(key))
            return other_realm(key);
        const auto* change = std::get_if<smp::PendingBalanceChange>(&*request);
        if (change != nullptr && !is_remembered(*change, options_.archive_threshold_us))
            return Added::skipped;
        block.add(std::move(*request), body.size());
        return Added::kept;
    }

private:
    Expected<Added> other_realm(const smp::AccountKey& key) const {
        const std::string what = fmt::format("account {}/{} is outside realm {}", key.debtor_id,
                                             key.creditor_id, options_.realm.text());
        if (options_.strict_realm)
            throw Error(Exit::data, "message for another shard: " + what,
                        "Bind this shard's queue to its realm only, or set accounts.strict_realm: "
                        "false to make such messages dead letters.");
        return bad("other_realm", {}, what);
    }
};

class Chores final : public Session {
public:
    using Session::Session;

protected:
    std::optional<Problem> check(std::string_view content_type,
                                 std::string_view type) const override {
        return smp::check_chore_properties(content_type, type);
    }
    Expected<Added> decode(RequestBlock& block, std::string_view body,
                           std::string_view type) const override {
        auto chore = smp::decode_chore(body, type);
        if (!chore)
            return tl::make_unexpected(std::move(chore.error()));
        if (!options_.realm.owns(std::visit([](const auto& c) { return c.account; }, *chore)))
            return Added::skipped;
        block.add(std::move(*chore), body.size());
        return Added::kept;
    }
};

template <typename S>
importers::SinkFactory factory(const SinkOptions& options) {
    return [options](const std::shared_ptr<const importers::Feed>&, db::Connection&) {
        return std::make_unique<S>(options);
    };
}

} // namespace

importers::SinkFactory requests_sink(const SinkOptions& options) {
    return factory<Requests>(options);
}

importers::SinkFactory chores_sink(const SinkOptions& options) {
    return factory<Chores>(options);
}

} // namespace harmonia::settle::accounts
