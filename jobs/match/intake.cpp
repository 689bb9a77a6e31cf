#include "jobs/match/intake.hpp"

#include "jobs/match/intake_block.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class IntakeSession final : public importers::SinkSession {
public:
    IntakeSession(std::shared_ptr<const importers::Feed> feed,
                  std::shared_ptr<const References> references, IntakeOptions options)
        : feed_(std::move(feed)), references_(std::move(references)),
          options_(std::move(options)), facts_{feed_->provider, feed_->type, feed_->screen} {}

    std::unique_ptr<importers::Block> new_block() override {
        return std::make_unique<IntakeBlock>();
    }

    Expected<importers::Added> add(importers::Block& block, const importers::Place& place,
                                   std::string_view raw, std::span<const expr::Value> fields,
                                   importers::Twins& twins) override {
        arena_.reset();
        importers::Feed::Context context{place.record_number, raw, {}};
        if (feed_->zone_by_merchant())
            context.merchant =
                merchant_of(*references_, facts_.provider, feed_->identify(fields, arena_));
        std::vector<std::string_view> mids = std::move(record_.mids);
        mids.clear();
        record_ = {};
        record_.mids = std::move(mids); // keeps its memory
        const Expected<importers::Verdict> verdict = feed_->map(fields, context, record_, arena_);
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
        static_cast<IntakeBlock&>(block).add(place, raw, full_id(twins), record_, owner_,
                                             owner_.known && wanted(owner_.merchant));
        return importers::Added::kept;
    }

    importers::BlockCounts write(db::Transaction& tx, importers::Block& block,
                                 std::int64_t batch_id) override {
        return write_block(tx, static_cast<IntakeBlock&>(block), facts_, batch_id);
    }

    std::uint64_t waiting(db::Transaction& tx) override {
        // Both partial indexes hold only what waits; each count stops just above the limit.
        const auto limit = static_cast<long long>(options_.waiting_max) + 1;
        const db::Result found =
            tx.exec("SELECT (SELECT count(*) FROM (SELECT FROM harmonia.payment_transaction "
                    "WHERE admitted_at IS NULL AND screen IN ('NONE', 'APPROVED') "
                    "AND merchant_slug > '' LIMIT $1) p) + "
                    "(SELECT count(*) FROM (SELECT FROM harmonia.scheme_transaction "
                    "WHERE admitted_at IS NULL LIMIT $1) s)",
                    limit);
        return static_cast<std::uint64_t>(found.integer(0, 0));
    }

private:
    [[nodiscard]] std::string_view full_id(importers::Twins& twins) {
        if (!record_.content_hashed)
            return record_.transaction_id;
        const std::uint32_t twin = twins.occurrence(record_.transaction_id);
        if (twin == 1)
            return record_.transaction_id;
        id_.assign(record_.transaction_id).append(1, '~').append(std::to_string(twin));
        return id_;
    }
    [[nodiscard]] bool wanted(std::string_view merchant) const {
        const auto& modes = feed_->unless_merchant_mode;
        return modes.empty() || std::find(modes.begin(), modes.end(),
                                          options_.merchant_mode(merchant)) == modes.end();
    }

    std::shared_ptr<const importers::Feed> feed_;
    std::shared_ptr<const References> references_;
    IntakeOptions options_;
    FeedFacts facts_;
    expr::Arena arena_;
    importers::MappedRecord record_;
    Owner owner_;
    std::string id_;
};

} // namespace

importers::SinkFactory intake_factory(IntakeOptions options) {
    return [options = std::move(options)](std::shared_ptr<const importers::Feed> feed,
                                          db::Connection& connection) {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return std::make_unique<IntakeSession>(std::move(feed), References::load(tx), options);
    };
}

} // namespace harmonia::match
