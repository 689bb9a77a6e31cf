// Reads the past that targets can see: all of it, by key, or in parts.
#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/load/parts.hpp"
#include "jobs/screen/load/reference_data.hpp"
#include "jobs/screen/load/sql.hpp"
#include "jobs/screen/load/sql_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {
namespace {

using CopyField = db::CopyOut::Field;

/// A probed row costs about 50 times as much as a scanned one (spec 3.8: 98 µs for 78 rows; 0.35 s
/// for 1.75 M): if the targets are more than 1 in 50 of the rows of their time, a scan is cheaper.
constexpr std::int64_t k_probe_share = 50;
/// With more targets the statement would be too long to be planned well.
constexpr std::size_t k_probe_max = 20'000;
/// Memory of a row of history while it is read and sorted: 105 bytes with the shipped rule set and
/// ten payments per card (docs/decisions/0009).
constexpr std::uint64_t k_history_row_bytes = 128;
/// No row of screening.fact is smaller on disk.
constexpr std::uint64_t k_fact_bytes_min = 100;
/// Each part is a scan of the table: more parts would take days.
constexpr std::uint64_t k_parts_max = 256;

/// The member of a Fact that a column fills; neither: the card.
struct FactMember {
    std::string_view Fact::*text = nullptr;
    std::optional<std::int32_t> Fact::*position = nullptr;
};

FactMember member_of(Field field) {
    for (const auto& [known, text] : k_text_columns)
        if (known == field)
            return {text, nullptr};
    for (const auto& [known, position] : k_position_columns)
        if (known == field)
            return {nullptr, position};
    return {};
}

void set_field(Fact& fact, const FactMember& to, const CopyField& from) {
    if (to.text != nullptr)
        fact.*to.text = from.text;
    else if (to.position != nullptr && !from.null)
        fact.*to.position = static_cast<std::int32_t>(from.integer());
    else if (to.position == nullptr)
        fact.card_id = from.null ? 0 : from.integer();
}

/// Finds the targets among rows, which mostly come in the order of their ids.
class TargetFinder {
public:
    explicit TargetFinder(const std::vector<Target>& targets) : targets_(targets) {}
    bool is_target(std::int64_t payment_id) {
        if (next_ < targets_.size() && targets_[next_].payment_id == payment_id) {
            ++next_;
            return true;
        }
        const auto found = find_target(targets_, payment_id);
        if (found)
            next_ = *found + 1;
        return found.has_value();
    }

private:
    const std::vector<Target>& targets_;
    std::size_t next_ = 0;
};

/// False: there are more than `limit` rows; the rest was not read.
bool append_rows(db::CopyOut& copy, Fields kept, const std::vector<Target>& targets,
                 bool targets_only, std::uint64_t limit, History& history) {
    constexpr auto k_first = static_cast<std::size_t>(HistoryColumn::fields);
    std::vector<FactMember> members;
    for (const Field field : chosen_fields(kept))
        members.push_back(member_of(field));
    TargetFinder finder(targets);
    for (auto fields = copy.next(); !fields.empty(); fields = copy.next()) {
        const db::CopyRow<HistoryColumn> row(fields);
        Fact fact;
        fact.payment_id = row[HistoryColumn::payment_id].integer();
        fact.judge = finder.is_target(fact.payment_id);
        if (targets_only && !fact.judge)
            continue;
        if (history.size() >= limit)
            return false;
        fact.source = row[HistoryColumn::source].text;
        fact.feed_type = row[HistoryColumn::feed_type].text;
        fact.external_id = row[HistoryColumn::external_id].text;
        fact.event_us = row[HistoryColumn::event_us].integer();
        fact.received_time = row[HistoryColumn::received_time].boolean();
        fact.amount_minor = row[HistoryColumn::amount_minor].integer();
        fact.currency = row[HistoryColumn::currency].text;
        fact.verdict = outcome_named(row[HistoryColumn::verdict].text);
        for (std::size_t i = 0; i < members.size(); ++i)
            set_field(fact, members[i], fields[k_first + i]);
        history.append(fact);
    }
    return true;
}

bool few_enough(db::Transaction& tx, const std::vector<Target>& targets, std::int64_t from_us,
                std::int64_t until_us) {
    if (targets.size() > k_probe_max)
        return false;
    const auto enough = static_cast<std::int64_t>(targets.size()) * k_probe_share;
    return tx.exec(R"(
        SELECT count(*)
          FROM (SELECT
                  FROM screening.fact
                 WHERE event_us BETWEEN $1 AND $2
                 LIMIT $3) f)",
                   from_us, until_us, enough)
               .only()
               .integer("count") >= enough;
}

/// How many rows of history fit next to the targets.
std::uint64_t rows_that_fit(std::uint64_t memory, std::size_t targets) {
    const std::uint64_t judged = std::min(memory, targets * k_judged_row_bytes);
    return std::max<std::uint64_t>(1, std::max(memory / 4, memory - judged) / k_history_row_bytes);
}

/// How many parts a scan must be read in so that each of them fits.
unsigned parts_needed(db::Transaction& tx, std::uint64_t fit, std::int64_t from_us,
                      std::int64_t until_us) {
    // Counting takes a while and is skipped if even the narrowest rows would fit.
    const auto bytes = static_cast<std::uint64_t>(
        tx.exec("SELECT pg_relation_size('screening.fact') AS bytes").only().integer("bytes"));
    if (bytes / k_fact_bytes_min <= fit)
        return 1;
    const auto seen = static_cast<std::uint64_t>(
        tx.exec("SELECT count(*) FROM screening.fact WHERE event_us BETWEEN $1 AND $2", from_us,
                until_us)
            .only()
            .integer("count"));
    return static_cast<unsigned>(std::clamp<std::uint64_t>((seen + fit - 1) / fit, 1, k_parts_max));
}

/// What rule sets read of the past.
struct Wanted {
    HistoryQuery query;
    bool labels = false;
    std::int64_t lookback_us = 0;
};

/// One reading: for these targets, under these pins.
class Reader {
public:
    Reader(const ReadContext& context, const Pins& pins, const std::string& ruleset_name,
           const std::vector<const Ruleset*>& rulesets, const std::vector<Target>& targets,
           LabelReading labels)
        : context_(context), pins_(pins), name_(ruleset_name), rulesets_(rulesets),
          targets_(targets), labels_(labels), fit_(rows_that_fit(context.memory, targets.size())) {
        const auto [first, last] = std::minmax_element(
            targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.event_us < b.event_us; });
        first_us_ = first->event_us;
        last_us_ = last->event_us;
        all_ = wanted_by(rulesets);
        // Alerts show these fields, and suppressions use them.
        all_.query.fields |= bit(Field::card) | bit(Field::customer) | bit(Field::merchant);
        all_.labels = all_.labels || labels.always;
    }

    [[nodiscard]] Reading read(Engine engine) {
        Reading out;
        out.context = load_context(context_, pins_, name_, rulesets_);
        out.context.threads = context_.threads;
        const std::vector<KeyReach> keys = keys_of(rulesets_);
        const std::int64_t from_us = first_us_ - all_.lookback_us;
        if (engine == Engine::automatic && can_probe(keys) &&
            few_enough(context_.tx, targets_, from_us, last_us_))
            engine = Engine::probe;
        if (engine == Engine::probe && probe(keys, out))
            return out;
        out.engine = engine == Engine::sql ? engine : Engine::scan;
        if (out.engine == Engine::scan)
            out.parts = parts_needed(context_.tx, fit_, from_us, last_us_);
        if (out.parts > 1) {
            read_in_parts(out);
            return out;
        }
        out.history = history(all_, scan_query(all_.query, from_us, last_us_), Rows::all);
        if (engine == Engine::sql)
            out.context.features = features_by_sql(context_.settings);
        return out;
    }

private:
    /// Which rows of a query are kept.
    enum class Rows { all, targets, if_they_fit };

    [[nodiscard]] Wanted wanted_by(const std::vector<const Ruleset*>& rulesets) const {
        Wanted wanted;
        wanted.query.ruleset = name_;
        wanted.query.pins = pins_;
        for (const Ruleset* one : rulesets) {
            wanted.query.fields |= one->fields();
            wanted.query.verdicts = wanted.query.verdicts || one->reads_verdicts();
            wanted.labels = wanted.labels || one->reads_labels();
            wanted.lookback_us = std::max(wanted.lookback_us, one->lookback_us());
        }
        return wanted;
    }

    /// Null: the rows do not fit.
    [[nodiscard]] std::unique_ptr<History> history(const Wanted& wanted, const std::string& query,
                                                   Rows rows) const {
        const std::string& base = rulesets_.front()->base_currency;
        const auto limit =
            rows == Rows::if_they_fit ? fit_ : std::numeric_limits<std::uint64_t>::max();
        db::Settings settings = context_.settings;
        if (rows == Rows::if_they_fit)
            settings.planner_without = {"seqscan", "hashjoin", "mergejoin"};
        auto out = std::make_unique<History>(wanted.query.fields, base);
        {
            db::CopyOut copy(settings, context_.snapshot, query);
            if (!append_rows(copy, wanted.query.fields, targets_, rows == Rows::targets, limit,
                             *out))
                return nullptr;
        }
        out->end_rows();
        if ((wanted.query.fields & bit(Field::card)) != 0)
            add_cards(context_, *out);
        add_rates(context_, pins_, base, *out);
        if (wanted.labels)
            add_labels(context_, pins_, labels_.dataset_lag_us, *out);
        out->finish();
        return out;
    }

    /// False: the rows that were found do not fit.
    [[nodiscard]] bool probe(const std::vector<KeyReach>& keys, Reading& out) const {
        out.history = history(all_, probe_query(all_.query, keys, targets_), Rows::if_they_fit);
        out.engine = Engine::probe;
        return out.history != nullptr;
    }

    void read_in_parts(Reading& out) const {
        log::info("the history does not fit into memory: reading it key by key, in parts",
                  {{"parts", std::to_string(out.parts)}});
        out.history = history(all_, scan_query(all_.query, first_us_, last_us_), Rows::targets);
        out.context.features = features_in_parts(
            *out.history, rulesets_, out.context, out.parts,
            [&](const KeyPart& part, const std::vector<const Ruleset*>& of_key) {
                const Wanted some = wanted_by(of_key);
                const std::int64_t since_us = first_us_ - some.lookback_us;
                return history(some, scan_query(some.query, since_us, last_us_, part), Rows::all);
            });
    }

    const ReadContext& context_;
    const Pins& pins_;
    const std::string& name_;
    const std::vector<const Ruleset*>& rulesets_;
    const std::vector<Target>& targets_;
    LabelReading labels_;
    std::uint64_t fit_; ///< rows of history
    std::int64_t first_us_ = 0, last_us_ = 0;
    Wanted all_;
};

} // namespace

Reading read_history(const ReadContext& context, const Pins& pins, const std::string& ruleset_name,
                     const std::vector<const Ruleset*>& rulesets,
                     const std::vector<Target>& targets, Engine engine, LabelReading labels) {
    HARMONIA_CHECK(!targets.empty() && !rulesets.empty());
    return Reader(context, pins, ruleset_name, rulesets, targets, labels).read(engine);
}

} // namespace harmonia::screen
