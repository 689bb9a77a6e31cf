#include "jobs/match/reidentify.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "jobs/match/sink/block.hpp"
#include "jobs/match/store_unidentified.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace harmonia::match {

namespace {

/// How long ago an import may have begun that is still adding records.
constexpr std::int64_t k_import_us_max = 3'600'000'000;

/// One feed, and its records of the block at hand.
struct Part {
    std::shared_ptr<const importers::Feed> feed;
    FeedFacts facts;
    TransactionBlock block;
    std::map<std::string, std::unique_ptr<importers::FieldParser>> parsers; ///< by header
};

class Pass {
public:
    Pass(const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
         const Declarations& declarations, std::shared_ptr<const References> references)
        : declarations_(declarations), references_(std::move(references)) {
        for (const auto& feed : feeds) {
            if (feed->transactions == nullptr)
                continue; // its records are never identified
            Part& part = parts_[feed->name];
            part.feed = feed;
            part.facts = {feed->provider, feed->type, feed->screen};
        }
    }
    /// The next block after the place reached; false when there was none.
    bool step(db::Transaction& tx, std::optional<db::Instant> since) {
        const db::Result records = load_unidentified(tx, reached_, since);
        for (auto& [name, part] : parts_)
            part.block.clear();
        for (const db::Row record : records) {
            reached_ = {record.integer("batch_id"), record.integer("record_no")};
            identify_again(record);
        }
        for (auto& [name, part] : parts_)
            if (part.block.rows() > 0)
                write(tx, part);
        return !records.empty();
    }
    void restart() { reached_ = {}; }
    std::int64_t found = 0;

private:
    void identify_again(const db::Row& row);
    void write(db::Transaction& tx, Part& part);

    const Declarations& declarations_;
    std::shared_ptr<const References> references_;
    std::map<std::string, Part, std::less<>> parts_;
    std::set<std::string, std::less<>> undeclared_;
    RecordPlace reached_;
    expr::Arena arena_;
    std::vector<expr::Value> fields_;
    Owner owner_;
};

/// A record that cannot be read any more (its feed has changed or gone) stays unidentified.
void Pass::identify_again(const db::Row& row) {
    const std::string_view feed = row.text("feed");
    const auto at = parts_.find(feed);
    if (at == parts_.end()) {
        if (undeclared_.emplace(feed).second)
            log::warn("unidentified records of a feed that is not declared", {{"feed", feed}});
        return;
    }
    Part& part = at->second;
    const importers::TransactionMap& map = *part.feed->transactions;
    const std::string header(row.text("header"));
    auto& parser = part.parsers[header];
    if (!parser)
        parser = part.feed->format->parser(header);
    arena_.reset();
    fields_.assign(part.feed->format->fields().size(), {});
    const std::string_view raw = row.text("raw");
    if (!parser->parse(raw, fields_, arena_))
        return;
    importers::MapContext context{static_cast<std::uint64_t>(reached_.record_no), raw, {}};
    if (map.zone_by_merchant())
        context.merchant =
            merchant_of(*references_, part.facts.provider, map.identify(fields_, arena_));
    importers::MappedRecord record;
    const auto verdict = map.map(fields_, context, record, arena_);
    if (!verdict || *verdict != importers::Verdict::keep ||
        !identify(*references_, part.facts.provider, part.facts.type, record, owner_) ||
        !owner_.known)
        return;
    const auto& unless = part.feed->unless_merchant_mode;
    const bool stored =
        std::find(unless.begin(), unless.end(),
                  mode_name(declarations_.of(owner_.merchant).mode)) == unless.end();
    // The id is the guard's: the number of a repeated record was given when the file was read.
    part.block.add({context.record_number, 0, 0}, "", row.text("transaction_id"), record, owner_,
                   stored);
    part.block.last().batch_id = reached_.batch_id;
}

void Pass::write(db::Transaction& tx, Part& part) {
    std::vector<bool> dropped(part.block.rows(), false);
    drop_known_transactions(tx, part.block, part.facts, dropped);
    copy_transactions(tx, part.block, part.facts, 0, dropped);
    db::ArrayText ids, stored;
    for (std::size_t i = 0; i < part.block.rows(); ++i) {
        const RowView row = part.block.row(i);
        ids.add(row.transaction_id());
        stored.add(row->stored && !dropped[i]);
    }
    mark_identified(tx, part.facts.provider, importers::feed_type_name(part.facts.type), ids,
                    stored);
    found += static_cast<std::int64_t>(part.block.rows());
}

} // namespace

std::int64_t reidentify(db::Connection& connection,
                        const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
                        const Declarations& declarations) {
    std::shared_ptr<const References> references;
    db::Instant since;
    {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        if (!missing_identifiers_appeared(tx))
            return 0;
        since.us = db::server_time(tx).us - k_import_us_max;
        references = References::load(tx);
    }
    Pass pass(feeds, declarations, references);
    for (bool more = true; more;) {
        throw_if_stopped();
        db::Transaction tx(connection);
        more = pass.step(tx, std::nullopt);
        tx.commit(Failpoint::import_reidentify_commit);
    }
    // An import that began before the identifier appeared may still be adding records that it
    // cannot identify. The DELETE waits for its block, whose records are then seen here; later
    // blocks put the missing identifier back.
    db::Transaction tx(connection);
    delete_appeared_identifiers(tx);
    pass.restart();
    while (pass.step(tx, since)) {
    }
    tx.commit(Failpoint::import_reidentify_commit);
    return pass.found;
}

} // namespace harmonia::match
