#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/intake.hpp"
#include "jobs/screen/intake_check.hpp"

#include <array>
#include <map>

namespace harmonia::screen {
namespace {

using importers::LabelField;

struct LabelRow {
    importers::Place place;
    std::string provider, transaction_id, label, source, note, raw;
    std::int64_t known_us = 0;
};

using LabelBlock = importers::RowsBlock<LabelRow>;

/// Payments by (provider, transaction id).
using Payments = std::map<std::pair<std::string_view, std::string_view>, std::int64_t>;

Payments find_payments(db::Transaction& tx, const LabelBlock& block, db::Result& rows) {
    std::vector<std::string> providers, ids;
    for (const LabelRow& row : block.all) {
        providers.push_back(row.provider);
        ids.push_back(row.transaction_id);
    }
    rows = tx.exec("SELECT f.source, f.external_id, min(f.payment_id) FROM screening.fact f "
                   "JOIN unnest($1::text[], $2::text[]) AS l(source, external_id) "
                   "USING (source, external_id) GROUP BY f.source, f.external_id",
                   providers, ids);
    Payments payments;
    for (std::size_t i = 0; i < rows.size(); ++i)
        payments[{rows.text(i, 0), rows.text(i, 1)}] = rows.integer(i, 2);
    return payments;
}

importers::BlockCounts write_labels(db::Transaction& tx, const LabelBlock& block,
                                    std::int64_t batch_id) {
    importers::BlockCounts counts;
    db::Result rows;
    const Payments payments = find_payments(tx, block, rows);
    std::array<std::vector<std::string>, 4> texts;
    std::vector<long long> ids;
    for (const LabelRow& row : block.all) {
        counts.date_from_us = std::min(counts.date_from_us.value_or(row.known_us), row.known_us);
        counts.date_to_us = std::max(counts.date_to_us.value_or(row.known_us), row.known_us);
        const auto payment = payments.find({row.provider, row.transaction_id});
        if (payment == payments.end()) {
            counts.conflicts.push_back({row.place,
                                        {"V-PAYMENT", "transaction_id",
                                         "V-PAYMENT transaction_id: there is no such payment"},
                                        row.raw});
            continue;
        }
        ids.push_back(payment->second);
        texts[0].push_back(row.label);
        texts[1].push_back(row.source);
        texts[2].push_back(time::print_utc(row.known_us));
        texts[3].push_back(row.note);
    }
    const auto written =
        tx.exec("INSERT INTO screening.label (payment_id, label, source, known_at, note, batch_id) "
                "SELECT l.*, $6 FROM unnest($1::bigint[], $2::text[], $3::text[], "
                "$4::timestamptz[], $5::text[]) AS l ON CONFLICT DO NOTHING",
                ids, texts[0], texts[1], texts[2], texts[3], batch_id);
    counts.inserted = written.affected();
    counts.duplicates = ids.size() - counts.inserted;
    return counts;
}

class LabelsSession final : public importers::SinkSession {
public:
    explicit LabelsSession(std::shared_ptr<const importers::TextFeed> feed)
        : feed_(std::move(feed)) {}

    std::unique_ptr<importers::Block> new_block() override {
        return std::make_unique<LabelBlock>();
    }
    Expected<importers::Added> add(importers::Block& block, const importers::Place& place,
                                   std::string_view raw, std::span<const expr::Value> fields,
                                   importers::Twins&) override {
        arena_.reset();
        std::array<std::optional<std::string_view>, importers::k_label_fields.size()> texts;
        if (auto read = feed_->texts().read(fields, texts, arena_); !read)
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
            return bad("V-LABEL", "label", "is neither fraud nor genuine");
        if (source != "chargeback" && source != "dispute" && source != "analyst" &&
            source != "dataset")
            return bad("V-LABEL", "source", "is none of chargeback, dispute, analyst, dataset");
        const auto known = read_instant(*at(LabelField::known_at), 0);
        if (!known)
            return bad("V-TIME", "known_at", "is no time with a zone");
        auto& into = static_cast<LabelBlock&>(block);
        into.all.push_back({place, std::string(*at(LabelField::provider)),
                            std::string(*at(LabelField::transaction_id)), label, source,
                            card::redact(at(LabelField::note).value_or("")), std::string(raw),
                            *known});
        into.bytes_held += sizeof(LabelRow) + 2 * raw.size();
        return importers::Added::kept;
    }
    importers::BlockCounts write(db::Transaction& tx, importers::Block& block,
                                 std::int64_t batch_id) override {
        return write_labels(tx, static_cast<LabelBlock&>(block), batch_id);
    }
    std::uint64_t waiting(db::Transaction&) override { return 0; }
    const char* waits_for() const override { return "nothing"; }

private:
    std::shared_ptr<const importers::TextFeed> feed_;
    expr::Arena arena_;
};

} // namespace

importers::SinkFactory labels_factory() {
    return [](std::shared_ptr<const importers::Feed> feed, db::Connection&) {
        auto texts = std::dynamic_pointer_cast<const importers::TextFeed>(std::move(feed));
        HARMONIA_CHECK(texts != nullptr);
        return std::make_unique<LabelsSession>(std::move(texts));
    };
}

} // namespace harmonia::screen
