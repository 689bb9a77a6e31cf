#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/engine_sql.hpp"
#include "jobs/screen/load_beside.hpp"
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

/// False: there are more than `most`; the rest was not read.
bool append_rows(db::CopyOut& copy, Fields fields, const std::vector<Target>& targets,
                 bool targets_only, std::uint64_t most, History& history) {
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
        if (history.size() >= most)
            return false;
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
    return true;
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

/// How many rows of history fit beside the targets.
std::uint64_t rows_that_fit(std::uint64_t memory, std::size_t targets) {
    const std::uint64_t judged = std::min(memory, targets * k_judged_row_bytes);
    return std::max<std::uint64_t>(1, std::max(memory / 4, memory - judged) / k_history_row_bytes);
}

/// In how many parts a scan has to be read for each of them to fit.
unsigned parts_needed(db::Transaction& tx, std::uint64_t fit, std::int64_t from_us,
                      std::int64_t until_us) {
    // Counting takes a while: not where even the narrowest rows could not be too many.
    const auto bytes = static_cast<std::uint64_t>(
        tx.exec("SELECT pg_relation_size('screening.fact')").integer(0, 0));
    if (bytes / k_fact_bytes_min <= fit)
        return 1;
    const auto seen = static_cast<std::uint64_t>(
        tx.exec("SELECT count(*) FROM screening.fact WHERE event_us BETWEEN $1 AND $2",
                static_cast<long long>(from_us), static_cast<long long>(until_us))
            .integer(0, 0));
    return static_cast<unsigned>(std::clamp<std::uint64_t>((seen + fit - 1) / fit, 1, k_parts_max));
}

/// What rule sets read of the past.
struct Wanted {
    HistoryQuery query;
    bool labels = false;
    std::int64_t lookback_us = 0;
};

/// One reading: for what is judged, under which pins.
class Reader {
public:
    Reader(const Place& place, const Pins& pins, const std::string& ruleset_name,
           const std::vector<const Ruleset*>& rulesets, const std::vector<Target>& targets,
           LabelReading labels)
        : place_(place), pins_(pins), name_(ruleset_name), rulesets_(rulesets), targets_(targets),
          labels_(labels), fit_(rows_that_fit(place.memory, targets.size())) {
        const auto [first, last] = std::minmax_element(
            targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.event_us < b.event_us; });
        first_us_ = first->event_us;
        last_us_ = last->event_us;
        all_ = wanted_by(rulesets);
        // Of what is told about a verdict, and of suppressions.
        all_.query.fields |= bit(Field::card) | bit(Field::customer) | bit(Field::merchant);
        all_.labels = all_.labels || labels.always;
    }

    [[nodiscard]] Reading read(Engine engine) {
        Reading out;
        out.context = read_context(place_, pins_, name_, rulesets_);
        out.context.threads = place_.threads;
        const std::vector<KeyReach> keys = keys_of(rulesets_);
        const std::int64_t from_us = first_us_ - all_.lookback_us;
        if (engine == Engine::automatic && can_probe(keys) &&
            few_enough(place_.tx, targets_, from_us, last_us_))
            engine = Engine::probe;
        if (engine == Engine::probe && probe(keys, out))
            return out;
        out.engine = engine == Engine::sql ? engine : Engine::scan;
        if (out.engine == Engine::scan)
            out.parts = parts_needed(place_.tx, fit_, from_us, last_us_);
        if (out.parts > 1) {
            read_in_parts(out);
            return out;
        }
        out.history = history(all_, scan_query(all_.query, from_us, last_us_), Rows::all);
        if (engine == Engine::sql)
            out.context.features = features_by_sql(place_.settings);
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

    /// Null: they do not fit.
    [[nodiscard]] std::unique_ptr<History> history(const Wanted& wanted, const std::string& query,
                                                   Rows rows) const {
        const std::string& base = rulesets_.front()->base_currency;
        const auto most =
            rows == Rows::if_they_fit ? fit_ : std::numeric_limits<std::uint64_t>::max();
        db::Settings settings = place_.settings;
        if (rows == Rows::if_they_fit)
            settings.planner_without = {"seqscan", "hashjoin", "mergejoin"};
        auto out = std::make_unique<History>(wanted.query.fields, base);
        {
            db::CopyOut copy(settings, place_.snapshot, query);
            if (!append_rows(copy, wanted.query.fields, targets_, rows == Rows::targets, most,
                             *out))
                return nullptr;
        }
        out->end_rows();
        if ((wanted.query.fields & bit(Field::card)) != 0)
            add_cards(place_, *out);
        add_rates(place_, pins_, base, *out);
        if (wanted.labels)
            add_labels(place_, pins_, labels_.dataset_lag_us, *out);
        out->finish();
        return out;
    }

    /// False: what was found does not fit.
    [[nodiscard]] bool probe(const std::vector<KeyReach>& keys, Reading& out) const {
        out.history = history(all_, probe_query(all_.query, keys, targets_), Rows::if_they_fit);
        out.engine = Engine::probe;
        return out.history != nullptr;
    }

    void read_in_parts(Reading& out) const {
        log::info("the history takes more than the memory: it is read key by key, in parts",
                  {{"parts", std::to_string(out.parts)}});
        out.history = history(all_, scan_query(all_.query, first_us_, last_us_), Rows::targets);
        out.context.features = features_in_parts(
            *out.history, rulesets_, out.context, out.parts,
            [&](const Part& part, const std::vector<const Ruleset*>& of_key) {
                const Wanted some = wanted_by(of_key);
                const std::int64_t since_us = first_us_ - some.lookback_us;
                return history(some, scan_query(some.query, since_us, last_us_, part), Rows::all);
            });
    }

    const Place& place_;
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

Reading read_history(const Place& place, const Pins& pins, const std::string& ruleset_name,
                     const std::vector<const Ruleset*>& rulesets,
                     const std::vector<Target>& targets, Engine engine, LabelReading labels) {
    HARMONIA_CHECK(!targets.empty() && !rulesets.empty());
    return Reader(place, pins, ruleset_name, rulesets, targets, labels).read(engine);
}

} // namespace harmonia::screen
