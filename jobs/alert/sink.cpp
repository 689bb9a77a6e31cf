#include "jobs/alert/sink.hpp"

#include "core/base/check.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/bodies/envelope.hpp"

#include <algorithm>

namespace harmonia::alert {
namespace {

using importers::Added;
using observe::AlertEvent;

using AlertBlock = importers::RowsBlock<AlertEvent>;

class Session final : public importers::SessionOf<Session, AlertBlock> {
public:
    explicit Session(SinkOptions options) : options_(std::move(options)) {
        context_.keys = [this]() -> const card::CardKeys& {
            if (keys_ == nullptr)
                keys_ = card::CardKeys::open(options_.cards);
            return *keys_;
        };
    }

    // The field is the original body; the raw form no longer has the card number.
    Expected<Added> take(AlertBlock& block, const importers::Place&, std::string_view,
                         std::span<const expr::Value> fields, importers::OccurrenceCounter&) {
        HARMONIA_CHECK(fields.size() == 1);
        context_.received_us = options_.clock->now_us();
        const std::string_view body = fields.front().text;
        auto event = read_envelope(body, context_);
        if (!event)
            return tl::make_unexpected(std::move(event.error()));
        block.all.push_back(std::move(*event));
        block.bytes_held += sizeof(AlertEvent) + 2 * body.size();
        return Added::kept;
    }
    importers::BlockCounts store(db::Transaction& tx, const AlertBlock& block, std::int64_t) {
        const auto& alerts = block.all;
        importers::BlockCounts counts;
        for (const AlertEvent& alert : alerts) {
            counts.date_from_us = std::min(counts.date_from_us.value_or(alert.at_us), alert.at_us);
            counts.date_to_us = std::max(counts.date_to_us.value_or(alert.at_us), alert.at_us);
        }
        counts.inserted = observe::raise_alerts(tx, alerts);
        counts.duplicates = alerts.size() - counts.inserted;
        return counts;
    }
    std::uint64_t waiting(db::Transaction& tx) override {
        const auto rows = tx.exec(R"(
            SELECT count(*)
            FROM (SELECT FROM screening.alert WHERE decided_at IS NULL LIMIT $1) undecided
        )",
                                  options_.waiting_max + 1);
        return static_cast<std::uint64_t>(rows.only().integer("count"));
    }
    const char* waits_for() const override { return "alert"; }

private:
    const SinkOptions options_;
    std::shared_ptr<const card::CardKeys> keys_;
    EnvelopeContext context_;
};

} // namespace

importers::SinkFactory alerts_sink(SinkOptions options) {
    return [options = std::move(options)](const std::shared_ptr<const importers::Feed>&,
                                          db::Connection&) {
        return std::make_unique<Session>(options);
    };
}

} // namespace harmonia::alert
