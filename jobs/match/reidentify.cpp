#include "jobs/match/reidentify.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "jobs/match/intake_block.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace harmonia::match {

namespace {

/// A missing identifier that has appeared since.
constexpr const char* k_appeared = R"(
    EXISTS (SELECT FROM harmonia.merchant_identifier m
              JOIN harmonia.payment_provider p ON p.id = m.payment_provider_id
              JOIN harmonia.loyalty_scheme s ON s.id = m.loyalty_scheme_id
             WHERE CASE u.kind
                   WHEN 'ID' THEN m.id::text = u.identifier
                   WHEN 'LOCATION' THEN m.location_id = u.identifier AND s.slug = u.merchant
                        AND m.identifier_type = 'PRIMARY' AND u.network IN ('', p.slug)
                   ELSE m.identifier = u.identifier AND m.identifier_type::text = u.kind
                        AND p.slug = u.network END))";

constexpr const char* k_unidentified = R"(
    SELECT t.batch_id, t.record_no, t.transaction_id, b.feed, coalesce(b.header, ''), r.raw
      FROM harmonia.import_transaction t
      JOIN ops.import_batch b ON b.id = t.batch_id
      JOIN harmonia.import_record r ON r.batch_id = t.batch_id AND r.record_no = t.record_no
     WHERE NOT t.identified AND (t.batch_id, t.record_no) > ($1, $2)
       AND t.created_at > now() - make_interval(days => $3::int) AND t.created_at >= $4::timestamptz
     ORDER BY t.batch_id, t.record_no LIMIT $5)";

/// What one feed's records of a block come to.
struct Part {
    std::shared_ptr<const importers::Feed> feed;
    FeedFacts facts;
    IntakeBlock block;
    std::map<std::string, std::unique_ptr<importers::Splitter>> splitters; ///< by header
};

class Pass {
public:
    Pass(const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
         const Declarations& declarations, std::shared_ptr<const References> references)
        : declarations_(declarations), references_(std::move(references)) {
        for (const auto& feed : feeds) {
            Part& part = parts_[feed->name];
            part.feed = feed;
            part.facts = {feed->provider, feed->type, feed->screen};
        }
    }
    /// The next block after the place reached; false when there was none.
    bool step(db::Transaction& tx, const std::string& since) {
        const db::Result rows =
            tx.exec(k_unidentified, batch_, record_, k_reidentify_days, since, k_reidentify_block);
        for (auto& [name, part] : parts_)
            part.block.clear();
        for (std::size_t i = 0; i < rows.size(); ++i)
            look_at(rows, i);
        for (auto& [name, part] : parts_)
            if (part.block.rows() > 0)
                write(tx, part);
        if (rows.empty())
            return false;
        batch_ = rows.integer(rows.size() - 1, 0);
        record_ = rows.integer(rows.size() - 1, 1);
        return true;
    }
    void restart() { batch_ = record_ = 0; }
    std::int64_t found = 0;

private:
    void look_at(const db::Result& rows, std::size_t i);
    void write(db::Transaction& tx, Part& part);

    const Declarations& declarations_;
    std::shared_ptr<const References> references_;
    std::map<std::string, Part, std::less<>> parts_;
    std::set<std::string, std::less<>> undeclared_;
    long long batch_ = 0, record_ = 0;
    expr::Arena arena_;
    std::vector<expr::Value> fields_;
    Owner owner_;
};

/// A record that cannot be read any more (its feed has changed or gone) stays unidentified.
void Pass::look_at(const db::Result& rows, std::size_t i) {
    const auto at = parts_.find(rows.text(i, 3));
    if (at == parts_.end()) {
        if (undeclared_.emplace(rows.text(i, 3)).second)
            log::warn("unidentified records of a feed that is not declared",
                      {{"feed", rows.text(i, 3)}});
        return;
    }
    Part& part = at->second;
    const std::string header(rows.text(i, 4));
    auto& splitter = part.splitters[header];
    if (!splitter)
        splitter = part.feed->format->splitter(header);
    arena_.reset();
    fields_.assign(part.feed->format->fields().size(), {});
    const std::string_view raw = rows.text(i, 5);
    if (!splitter->split(raw, fields_, arena_))
        return;
    importers::Feed::Context context{static_cast<std::uint64_t>(rows.integer(i, 1)), raw, {}};
    if (part.feed->zone_by_merchant())
        context.merchant =
            merchant_of(*references_, part.facts.provider, part.feed->identify(fields_, arena_));
    importers::MappedRecord record;
    const auto verdict = part.feed->map(fields_, context, record, arena_);
    if (!verdict || *verdict != importers::Verdict::keep ||
        !identify(*references_, part.facts.provider, part.facts.type, record, owner_) ||
        !owner_.known)
        return;
    const auto& unless = part.feed->unless_merchant_mode;
    const bool stored =
        std::find(unless.begin(), unless.end(),
                  mode_name(declarations_.of(owner_.merchant).mode)) == unless.end();
    // The id is the guard's: a twin's number was given when the file was read.
    part.block.add({context.record_number, 0, 0}, "", rows.text(i, 2), record, owner_, stored);
    part.block.last().batch_id = rows.integer(i, 0);
}

void Pass::write(db::Transaction& tx, Part& part) {
    std::vector<bool> dropped(part.block.rows(), false);
    drop_known_transactions(tx, part.block, part.facts, dropped);
    copy_transactions(tx, part.block, part.facts, 0, dropped);
    std::vector<std::string> ids;
    std::vector<long long> stored;
    for (std::size_t i = 0; i < part.block.rows(); ++i) {
        const IntakeRow& row = part.block.all()[i];
        ids.emplace_back(part.block.text(row.transaction_id));
        stored.push_back(row.stored && !dropped[i] ? 1 : 0);
    }
    tx.exec("UPDATE harmonia.import_transaction t SET identified = true, stored = u.stored = 1 "
            "FROM unnest($3::text[], $4::bigint[]) AS u (id, stored) "
            "WHERE t.provider_slug = $1 AND t.feed_type = $2::harmonia.feed_type "
            "AND t.transaction_id = u.id",
            part.facts.provider, importers::feed_type_name(part.facts.type), ids, stored);
    found += static_cast<std::int64_t>(ids.size());
}

} // namespace

std::int64_t reidentify(db::Connection& connection,
                        const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
                        const Declarations& declarations) {
    std::shared_ptr<const References> references;
    std::string since;
    {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        const db::Result appeared =
            tx.exec(std::string("SELECT now() - interval '1 hour', EXISTS (SELECT FROM "
                                "harmonia.unknown_identifier u WHERE ") +
                    k_appeared + ")");
        if (!appeared.boolean(0, 1))
            return 0;
        since = appeared.text(0, 0);
        references = References::load(tx);
    }
    Pass pass(feeds, declarations, references);
    for (bool more = true; more;) {
        throw_if_stopped();
        db::Transaction tx(connection);
        more = pass.step(tx, "-infinity");
        tx.commit(Failpoint::import_reidentify_commit);
    }
    // An import that began before the identifier appeared may still be adding records that it does
    // not know. Deleting the missing identifier waits for its block, whose records are then seen
    // here; later ones put the missing identifier back.
    db::Transaction tx(connection);
    tx.exec(std::string("DELETE FROM harmonia.unknown_identifier u WHERE ") + k_appeared);
    pass.restart();
    while (pass.step(tx, since)) {
    }
    tx.commit(Failpoint::import_reidentify_commit);
    return pass.found;
}

} // namespace harmonia::match
