// The sink `labels`: reads and checks labels, which store_labels writes.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "jobs/orders/check.hpp"
#include "jobs/orders/sink.hpp"
#include "jobs/orders/store_labels.hpp"

#include <array>

namespace harmonia::orders {
namespace {

using importers::LabelField;

class LabelsSession final : public importers::SessionOf<LabelsSession, LabelBlock> {
public:
    explicit LabelsSession(std::shared_ptr<const importers::Feed> feed) : feed_(std::move(feed)) {}

    Expected<importers::Added> take(LabelBlock& block, const importers::Place& place,
                                    std::string_view raw, std::span<const expr::Value> fields,
                                    importers::OccurrenceCounter&) {
        arena_.reset();
        std::array<std::optional<std::string_view>, importers::k_label_fields.size()> texts;
        if (auto read = feed_->texts->read(fields, texts, arena_); !read)
            return tl::make_unexpected(std::move(read.error()));
        const auto at = [&](LabelField field) -> std::optional<std::string_view>& {
            return texts[static_cast<std::size_t>(field)];
        };
        if (!at(LabelField::provider) && !feed_->provider.empty())
            at(LabelField::provider) = feed_->provider;
        for (std::size_t i = 0; i < static_cast<std::size_t>(LabelField::note); ++i)
            if (!texts[i])
                return bad("V-REQ", importers::k_label_fields[i], "is missing");
        const std::string label = to_lower(*at(LabelField::label));
        const std::string source = to_lower(*at(LabelField::source));
        if (label != "fraud" && label != "genuine")
            return bad("V-LABEL", "label", "must be fraud or genuine");
        if (source != "chargeback" && source != "dispute" && source != "analyst" &&
            source != "dataset")
            return bad("V-LABEL", "source", "must be chargeback, dispute, analyst or dataset");
        const auto known = read_instant(*at(LabelField::known_at), 0);
        if (!known)
            return bad("V-TIME", "known_at", "must be an RFC 3339 timestamp with a zone");
        block.all.push_back({place, std::string(*at(LabelField::provider)),
                             std::string(*at(LabelField::transaction_id)), label, source,
                             card::redact(at(LabelField::note).value_or("")), std::string(raw),
                             *known});
        block.bytes_held += sizeof(LabelRow) + 2 * raw.size();
        return importers::Added::kept;
    }
    importers::BlockCounts store(db::Transaction& tx, const LabelBlock& block,
                                 std::int64_t batch_id) {
        return write_labels(tx, block, batch_id);
    }
    std::uint64_t waiting(db::Transaction&) override { return 0; }
    const char* waits_for() const override { return "nothing"; }

private:
    std::shared_ptr<const importers::Feed> feed_;
    expr::Arena arena_;
};

} // namespace

importers::SinkFactory labels_sink() {
    return [](std::shared_ptr<const importers::Feed> feed, db::Connection&) {
        HARMONIA_CHECK(feed->texts != nullptr);
        return std::make_unique<LabelsSession>(std::move(feed));
    };
}

} // namespace harmonia::orders
