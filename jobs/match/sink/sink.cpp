#include "jobs/match/sink/sink.hpp"

#include "core/base/check.hpp"
#include "jobs/match/sink/block.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class TransactionSession final : public importers::SessionOf<TransactionSession, TransactionBlock> {
public:
    TransactionSession(std::shared_ptr<const importers::Feed> feed,
                       std::shared_ptr<const References> references, SinkOptions options)
        : feed_(std::move(feed)), references_(std::move(references)),
          options_(std::move(options)), facts_{feed_->provider, feed_->type, feed_->screen} {
        HARMONIA_CHECK(feed_->transactions != nullptr);
    }

    Expected<importers::Added> take(TransactionBlock& block, const importers::Place& place,
                                    std::string_view raw, std::span<const expr::Value> fields,
                                    importers::OccurrenceCounter& occurrences) {
        arena_.reset();
        const importers::TransactionMap& map = *feed_->transactions;
        importers::MapContext context{place.record_number, raw, {}};
        if (map.zone_by_merchant())
            context.merchant =
                merchant_of(*references_, facts_.provider, map.identify(fields, arena_));
        std::vector<std::string_view> mids = std::move(record_.mids);
        mids.clear();
        record_ = {};
        record_.mids = std::move(mids); // keeps its memory
        const Expected<importers::Verdict> verdict = map.map(fields, context, record_, arena_);
        if (!verdict)
            return tl::unexpected(verdict.error());
        if (*verdict == importers::Verdict::skip_silently)
            return importers::Added::skipped;
        if (*verdict == importers::Verdict::skip_warned)
            return importers::Added::skipped_warned;
        if (Expected<void> known =
                identify(*references_, facts_.provider, facts_.type, record_, owner_);
            !known)
            return tl::unexpected(known.error());
        block.add(place, raw, full_id(occurrences), record_, owner_,
                  owner_.known && wanted(owner_.merchant));
        return importers::Added::kept;
    }

    importers::BlockCounts store(db::Transaction& tx, const TransactionBlock& block,
                                 std::int64_t batch_id) {
        return write_block(tx, block, facts_, batch_id);
    }

    std::uint64_t waiting(db::Transaction& tx) override {
        // Both partial indexes hold only new rows; each count stops just above the limit.
        const db::Result found = tx.exec(R"(
            SELECT (SELECT count(*) FROM (
                       SELECT FROM harmonia.payment_transaction
                       WHERE admitted_at IS NULL AND screen IN ('NONE', 'APPROVED')
                         AND merchant_slug > ''
                       LIMIT $1) p)
                   + (SELECT count(*) FROM (
                       SELECT FROM harmonia.scheme_transaction
                       WHERE admitted_at IS NULL
                       LIMIT $1) s) AS waiting)",
                                         options_.waiting_max + 1);
        return static_cast<std::uint64_t>(found.only().integer("waiting"));
    }

private:
    [[nodiscard]] std::string_view full_id(importers::OccurrenceCounter& occurrences) {
        if (!record_.content_hashed)
            return record_.transaction_id;
        const std::uint32_t number = occurrences.occurrence(record_.transaction_id);
        if (number == 1)
            return record_.transaction_id;
        id_.assign(record_.transaction_id).append(1, '~').append(std::to_string(number));
        return id_;
    }
    [[nodiscard]] bool wanted(std::string_view merchant) const {
        const auto& modes = feed_->unless_merchant_mode;
        return modes.empty() || std::find(modes.begin(), modes.end(),
                                          options_.merchant_mode(merchant)) == modes.end();
    }

    std::shared_ptr<const importers::Feed> feed_;
    std::shared_ptr<const References> references_;
    SinkOptions options_;
    FeedFacts facts_;
    expr::Arena arena_;
    importers::MappedRecord record_;
    Owner owner_;
    std::string id_;
};

} // namespace

importers::SinkFactory transactions_sink(SinkOptions options) {
    return [options = std::move(options)](std::shared_ptr<const importers::Feed> feed,
                                          db::Connection& connection) {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return std::make_unique<TransactionSession>(std::move(feed), References::load(tx), options);
    };
}

} // namespace harmonia::match
