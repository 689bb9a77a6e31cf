#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/db/copy_out.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/engine_sql.hpp"
#include "jobs/screen/load_parts.hpp"
#include "jobs/screen/load_sql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {
namespace {

using Field_ = db::CopyOut::Field;

/// Above this share of the rows of their time, reading all of them is cheaper than by key: a probed
/// row costs about 50 times a scanned one (spec 3.8: 98 µs for 78 rows; 0.35 s for 1.75 M).
constexpr std::int64_t k_probe_share = 50;
/// More targets than that would make a statement too long to be planned well.
constexpr std::size_t k_probe_max = 20'000;
/// Cards told one by one; above it the whole table is read.
constexpr std::size_t k_cards_by_id_max = 10'000;

/// A history's row while it is read and sorted: 105 bytes with the shipped rule set and ten
/// payments a card (docs/decisions/0009).
constexpr std::uint64_t k_history_row_bytes = 128;
/// No row of screening.fact is smaller on disk.
constexpr std::uint64_t k_fact_bytes_min = 100;
/// Each part is a scan of the table: more of them would take days.
constexpr std::uint64_t k_parts_max = 256;

Outcome outcome_named(std::string_view text) {
    for (const Outcome one : {Outcome::approved, Outcome::review, Outcome::declined})
        if (text == outcome_name(one))
            return one;
    return Outcome::none;
}

/// Where a column goes in a Fact; neither: to the card.
struct FactPlace {
    std::string_view Fact::*text = nullptr;
    std::optional<std::int32_t> Fact::*position = nullptr;
};

FactPlace place_in_fact(Field field) {
    for (const auto& [known, text] : k_text_columns)
        if (known == field)
            return {text, nullptr};
    for (const auto& [known, position] : k_position_columns)
        if (known == field)
            return {nullptr, position};
    return {};
}

void set_field(Fact& fact, const FactPlace& to, const Field_& from) {
    if (to.text != nullptr)
        fact.*to.text = from.text;
    else if (to.position != nullptr && !from.null)
        fact.*to.position = static_cast<std::int32_t>(from.integer());
    else if (to.position == nullptr)
        fact.card_id = from.null ? 0 : from.integer();
}

/// Tells which rows are targets. They mostly come in the order of their ids.
class Matcher {
public:
    explicit Matcher(const std::vector<Target>& targets) : targets_(targets) {}
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

void append_rows(db::CopyOut& copy, Fields fields, const std::vector<Target>& targets,
                 bool targets_only, History& history) {
    constexpr std::size_t k_fixed = 9;
    std::vector<FactPlace> places;
    for (const Field field : chosen_columns(fields))
        places.push_back(place_in_fact(field));
    Matcher matcher(targets);
    for (auto row = copy.next(); !row.empty(); row = copy.next()) {
        Fact fact;
        fact.payment_id = row[0].integer();
        fact.judge = matcher.is_target(fact.payment_id);
        if (targets_only && !fact.judge)
            continue;
        fact.source = row[1].text;
        fact.feed_type = row[2].text;
        fact.external_id = row[3].text;
        fact.event_us = row[4].integer();
        fact.received_time = row[5].text == "t";
        fact.amount_minor = row[6].integer();
        fact.currency = row[7].text;
        fact.verdict = outcome_named(row[8].text);
        for (std::size_t i = 0; i < places.size(); ++i)
            set_field(fact, places[i], row[k_fixed + i]);
        history.append(fact);
    }
}

std::string list_of(const std::vector<std::int64_t>& ids) {
    std::string out = "'{";
    for (const std::int64_t id : ids)
        out += fmt::format("{}{}", out.size() == 2 ? "" : ",", id);
    return out + "}'::bigint[]";
}

/// Tells the cards of `ids` (sorted) and all that are taken as one with them. Of very many only the
/// next of kin: what it returns is to be asked for too.
std::vector<std::int64_t> tell_cards(const Place& place, const std::vector<std::int64_t>& ids,
                                     History& history) {
    const bool few = ids.size() <= k_cards_by_id_max;
    std::string where;
    if (few)
        where = fmt::format(
            " WHERE c.id IN (WITH RECURSIVE seen(id) AS (SELECT unnest({}) UNION SELECT CASE WHEN "
            "x.card_id = s.id THEN x.same_as ELSE x.card_id END FROM seen s JOIN "
            "screening.card_alias x ON s.id IN (x.card_id, x.same_as)) SELECT id FROM seen)",
            list_of(ids));
    db::CopyOut copy(place.settings, place.snapshot,
                     "SELECT c.id, encode(c.pan_hmac, 'hex'), c.first_n, c.last4, "
                     "coalesce(c.pan_len, 0), coalesce(a.same_as, 0) FROM screening.card_ref c "
                     "LEFT JOIN screening.card_alias a ON a.card_id = c.id" +
                         where);
    const auto wanted = [&](std::int64_t id) {
        return std::binary_search(ids.begin(), ids.end(), id);
    };
    std::vector<std::int64_t> roots;
    for (auto row = copy.next(); !row.empty(); row = copy.next()) {
        const std::int64_t id = row[0].integer();
        const std::int64_t same_as = row[5].integer();
        if (!few && !wanted(id) && !wanted(same_as))
            continue;
        if (!few && same_as != 0 && !wanted(same_as))
            roots.push_back(same_as);
        history.add_card({id, std::string(row[1].text), std::string(row[2].text),
                          std::string(row[3].text), static_cast<int>(row[4].integer()), same_as});
    }
    std::sort(roots.begin(), roots.end());
    roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
    return roots;
}

void add_cards(const Place& place, History& history) {
    std::vector<std::int64_t> ids = history.card_ids();
    std::sort(ids.begin(), ids.end());
    while (!ids.empty())
        ids = tell_cards(place, ids, history);
}

void add_rates(const Place& place, const Pins& pins, const std::string& base, History& history) {
    const auto rows = place.tx.exec(
        "SELECT DISTINCT ON (from_currency, day) day - date '1970-01-01', from_currency, "
        "trim_scale(rate) FROM screening.fx_rate WHERE to_currency = $1 AND revision <= $2 "
        "ORDER BY from_currency, day, revision DESC",
        base, static_cast<long long>(pins.list_revision));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string text(rows.text(i, 2));
        const auto dot = text.find('.');
        const int scale = dot == std::string::npos ? 0 : static_cast<int>(text.size() - dot - 1);
        if (dot != std::string::npos)
            text.erase(dot, 1);
        const auto coefficient = parse_int(text);
        if (!coefficient || scale > 18)
            throw Error(Exit::config,
                        fmt::format("the rate of {} has too many digits", rows.text(i, 1)));
        history.add_rate({static_cast<std::int32_t>(rows.integer(i, 0)),
                          std::string(rows.text(i, 1)), *coefficient, scale});
    }
}

void add_labels(const Place& place, const Pins& pins, std::optional<std::int64_t> dataset_lag_us,
                History& history) {
    std::string known = "(extract(epoch FROM f.known_at) * 1000000)::bigint";
    if (dataset_lag_us)
        known = fmt::format("CASE WHEN f.source = 'dataset' THEN (SELECT x.event_us + {} FROM "
                            "screening.fact x WHERE x.payment_id = f.payment_id) ELSE {} END",
                            *dataset_lag_us, known);
    db::CopyOut copy(
        place.settings, place.snapshot,
        fmt::format("SELECT f.payment_id, f.label = 'fraud', {} FROM screening.label f WHERE "
                    "(f.batch_id IS NULL OR {}) AND f.known_at <= to_timestamp(0) + {} * interval "
                    "'1 microsecond'",
                    known, visible(pins), std::min(pins.label_asof_us, std::int64_t{1} << 52)));
    for (auto row = copy.next(); !row.empty(); row = copy.next())
        history.add_label({row[0].integer(), row[1].text == "t", row[2].integer()});
}

constexpr const char* k_micros = "(extract(epoch FROM {}) * 1000000)::bigint";

Context read_context(const Place& place, const Pins& pins, const std::string& ruleset_name,
                     const std::vector<const Ruleset*>& rulesets) {
    Context context;
    context.list_revision = pins.list_revision;
    context.label_asof_us = pins.label_asof_us;
    const auto time_or = [](const db::Result& rows, std::size_t i, std::size_t c,
                            std::int64_t otherwise) {
        return rows.is_null(i, c) ? otherwise : static_cast<std::int64_t>(rows.integer(i, c));
    };
    std::vector<std::string> names;
    for (const Ruleset* one : rulesets)
        for (const std::string& list : one->managed_lists())
            if (std::find(names.begin(), names.end(), list) == names.end())
                names.push_back(list);
    const long long revision = pins.list_revision;
    for (const std::string& name : names) {
        ListContent& list = context.lists.emplace_back();
        list.name = name;
        const auto rows = place.tx.exec(
            fmt::format("SELECT value, {}, {} FROM screening.value_list_entry WHERE list = $1 AND "
                        "revision <= $2 AND (removed_revision IS NULL OR removed_revision > $2) "
                        "ORDER BY value COLLATE \"C\"",
                        fmt::format(k_micros, "starts_at"), fmt::format(k_micros, "expires_at")),
            name, revision);
        for (std::size_t i = 0; i < rows.size(); ++i)
            list.entries.push_back({std::string(rows.text(i, 0)), time_or(rows, i, 1, k_never_us),
                                    time_or(rows, i, 2, k_ever_us)});
    }
    const auto rows = place.tx.exec(
        fmt::format("SELECT rule_id, key, value, {}, {} FROM screening.suppression WHERE ruleset = "
                    "$1 AND revision <= $2 AND (ended_revision IS NULL OR ended_revision > $2) "
                    "ORDER BY id",
                    fmt::format(k_micros, "starts_at"), fmt::format(k_micros, "expires_at")),
        ruleset_name, revision);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto text = [&](std::size_t c) { return std::string(rows.text(i, c)); };
        context.suppressions.push_back(
            {text(0), text(1), text(2), rows.integer(i, 3), rows.integer(i, 4)});
    }
    return context;
}

bool few_enough(db::Transaction& tx, const std::vector<Target>& targets, std::int64_t from_us,
                std::int64_t until_us) {
    if (targets.size() > k_probe_max)
        return false;
    const auto enough = static_cast<long long>(targets.size()) * k_probe_share;
    return tx.exec("SELECT count(*) FROM (SELECT FROM screening.fact WHERE event_us BETWEEN $1 AND "
                   "$2 LIMIT $3) f",
                   static_cast<long long>(from_us), static_cast<long long>(until_us), enough)
               .integer(0, 0) >= enough;
}

/// In how many parts a scan has to be read.
unsigned parts_needed(const Place& place, std::size_t targets, std::int64_t from_us,
                      std::int64_t until_us) {
    const std::uint64_t judged = targets * k_judged_row_bytes;
    const std::uint64_t left =
        std::max(place.memory / 4, place.memory - std::min(place.memory, judged));
    const std::uint64_t fit = left / k_history_row_bytes;
    // Counting takes a while: not where even the narrowest rows could not be too many.
    const auto bytes = static_cast<std::uint64_t>(
        place.tx.exec("SELECT pg_relation_size('screening.fact')").integer(0, 0));
    if (bytes / k_fact_bytes_min <= fit)
        return 1;
    const auto seen = static_cast<std::uint64_t>(
        place.tx
            .exec("SELECT count(*) FROM screening.fact WHERE event_us BETWEEN $1 AND $2",
                  static_cast<long long>(from_us), static_cast<long long>(until_us))
            .integer(0, 0));
    return static_cast<unsigned>(
        std::clamp<std::uint64_t>((seen + fit) / std::max<std::uint64_t>(fit, 1), 1, k_parts_max));
}

/// What rule sets read of the past.
struct Wanted {
    HistoryQuery query;
    bool labels = false;
    std::int64_t lookback_us = 0;
};

Wanted wanted_by(const std::vector<const Ruleset*>& rulesets, const Pins& pins,
                 const std::string& ruleset_name) {
    Wanted wanted;
    wanted.query.ruleset = ruleset_name;
    wanted.query.pins = pins;
    for (const Ruleset* one : rulesets) {
        wanted.query.fields |= one->fields();
        wanted.query.verdicts = wanted.query.verdicts || one->reads_verdicts();
        wanted.labels = wanted.labels || one->reads_labels();
        wanted.lookback_us = std::max(wanted.lookback_us, one->lookback_us());
    }
    return wanted;
}

} // namespace

Reading read_history(const Place& place, const Pins& pins, const std::string& ruleset_name,
                     const std::vector<const Ruleset*>& rulesets,
                     const std::vector<Target>& targets, Engine engine,
                     LabelReading label_reading) {
    HARMONIA_CHECK(!targets.empty() && !rulesets.empty());
    const auto [first, last] =
        std::minmax_element(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
            return a.event_us < b.event_us;
        });
    const std::int64_t first_us = first->event_us;
    const std::int64_t last_us = last->event_us;
    Wanted all = wanted_by(rulesets, pins, ruleset_name);
    // Of what is told about a verdict, and of suppressions.
    all.query.fields |= bit(Field::card) | bit(Field::customer) | bit(Field::merchant);
    all.labels = all.labels || label_reading.always;
    const std::int64_t from_us = first_us - all.lookback_us;
    const std::vector<KeyReach> keys = keys_of(rulesets);
    if (engine == Engine::automatic)
        engine = can_probe(keys) && few_enough(place.tx, targets, from_us, last_us) ? Engine::probe
                                                                                    : Engine::scan;
    Reading out;
    out.engine = engine;
    db::Settings settings = place.settings;
    if (engine == Engine::probe)
        settings.planner_without = {"seqscan", "hashjoin", "mergejoin"};
    const auto read = [&](const Wanted& wanted, const std::string& sql, bool targets_only) {
        const std::string& base = rulesets.front()->base_currency;
        auto history = std::make_unique<History>(wanted.query.fields, base);
        {
            db::CopyOut copy(settings, place.snapshot, sql);
            append_rows(copy, wanted.query.fields, targets, targets_only, *history);
        }
        history->end_rows();
        if ((wanted.query.fields & bit(Field::card)) != 0)
            add_cards(place, *history);
        add_rates(place, pins, base, *history);
        if (wanted.labels)
            add_labels(place, pins, label_reading.dataset_lag_us, *history);
        history->finish();
        return history;
    };
    out.context = read_context(place, pins, ruleset_name, rulesets);
    out.context.threads = place.threads;
    if (engine == Engine::scan)
        out.parts = parts_needed(place, targets.size(), from_us, last_us);
    if (out.parts > 1) {
        log::info("the history takes more than the memory: it is read key by key, in parts",
                  {{"parts", std::to_string(out.parts)}});
        out.history = read(all, scan_query(all.query, first_us, last_us), true);
        out.context.features = features_in_parts(
            *out.history, rulesets, out.context, out.parts,
            [&](const Part& part, const std::vector<const Ruleset*>& of_key) {
                const Wanted some = wanted_by(of_key, pins, ruleset_name);
                return read(some,
                            scan_query(some.query, first_us - some.lookback_us, last_us, part),
                            false);
            });
        return out;
    }
    out.history = read(all,
                       engine == Engine::probe ? probe_query(all.query, keys, targets)
                                               : scan_query(all.query, from_us, last_us),
                       false);
    if (engine == Engine::sql)
        out.context.features = features_by_sql(place.settings);
    return out;
}

} // namespace harmonia::screen
