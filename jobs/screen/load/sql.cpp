#include "jobs/screen/load/sql.hpp"

#include "core/db/copy_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace harmonia::screen {
namespace {

/// Fields whose columns in screening.fact have an index (column, event_us).
constexpr Field k_indexed[] = {Field::card, Field::customer, Field::terminal, Field::ip,
                               Field::merchant};

constexpr auto k_fixed_columns = db::columns<HistoryColumn>({
    {HistoryColumn::payment_id, "f.payment_id"},
    {HistoryColumn::source, "f.source"},
    {HistoryColumn::feed_type, "f.feed_type"},
    {HistoryColumn::external_id, "f.external_id"},
    {HistoryColumn::event_us, "f.event_us"},
    {HistoryColumn::received_time, "f.event_time_src = 'received'"},
    {HistoryColumn::amount_minor, "f.amount_minor"},
    {HistoryColumn::currency, "f.currency"},
});
static_assert(k_fixed_columns.size() == static_cast<std::size_t>(HistoryColumn::verdict));

std::string columns(const HistoryQuery& query) {
    std::string out = k_fixed_columns.list();
    out += query.verdicts ? ", coalesce(v.outcome, '')" : ", ''";
    for (const Field field : chosen_fields(query.fields))
        out += fmt::format(", f.{}", field_column(field));
    return out;
}

/// A field of row `f` as a key: of a card its root, of a bin the first digits of the card.
std::string key_value(Field field, const std::string& f) {
    if (field == Field::card)
        return fmt::format(R"(coalesce((
            SELECT a.same_as
              FROM screening.card_alias a
             WHERE a.card_id = {0}.card_id), {0}.card_id))",
                           f);
    if (field == Field::bin6)
        return fmt::format(R"((
            SELECT left(c.first_n, 6)
              FROM screening.card_ref c
             WHERE c.id = {}.card_id AND length(c.first_n) >= 6))",
                           f);
    if (field == Field::amount)
        return fmt::format("({0}.amount_minor, {0}.currency)", f);
    return fmt::format("{}.{}", f, field_column(field));
}

/// Joins for the key of a part, because a subquery for each row would cost more than the row.
const char* key_joins(Field key) {
    if (key == Field::card)
        return R"(
          LEFT JOIN screening.card_alias ka ON ka.card_id = f.card_id)";
    if (key == Field::bin6)
        return R"(
          LEFT JOIN screening.card_alias ka ON ka.card_id = f.card_id
          LEFT JOIN screening.card_ref kc ON kc.id = coalesce(ka.same_as, f.card_id))";
    return "";
}

std::string in_part(const KeyPart& part) {
    const std::string key = part.key == Field::card   ? "coalesce(ka.same_as, f.card_id)"
                            : part.key == Field::bin6 ? "left(kc.first_n, 6)"
                                                      : fmt::format("f.{}", field_column(part.key));
    return fmt::format(R"(
           AND (hashtextextended(({})::text, 0) & {}) % {} = {})",
                       key, std::numeric_limits<std::int64_t>::max(), part.parts, part.number);
}

/// Joins each payment's newest verdict that the run may see.
std::string previous_verdicts(const HistoryQuery& query) {
    if (!query.verdicts)
        return "";
    return fmt::format(R"(
          LEFT JOIN (
                SELECT DISTINCT ON (payment_id) payment_id, outcome
                  FROM screening.verdict
                 WHERE ruleset = {} AND NOT is_shadow AND run < {}
                 ORDER BY payment_id, rev DESC) v ON v.payment_id = f.payment_id)",
                       db::quoted_literal(query.ruleset), query.pins.run);
}

/// A key in SQL: its values of a row as columns k0, k1 …, and how rows `f` of it are found from
/// `k`.
struct KeySql {
    std::string names, values, present, members, equal;
};

KeySql sql_of(const KeyReach& key, const std::string& row) {
    KeySql out;
    for (std::size_t i = 0; i < key.by.size(); ++i) {
        const std::string name = fmt::format("k{}", i);
        out.names += (i == 0 ? "" : ", ") + name;
        out.values += fmt::format(", {} AS {}", key_value(key.by[i], row), name);
        out.present += fmt::format(" AND k.{} IS NOT NULL", name);
        if (key.by[i] == Field::card) {
            out.members = fmt::format(R"((
                SELECT k.{0} AS id
                 UNION ALL
                SELECT a.card_id
                  FROM screening.card_alias a
                 WHERE a.same_as = k.{0}) m JOIN )",
                                      name);
            out.equal += " AND f.card_id = m.id";
        } else {
            out.equal += fmt::format(" AND {} = k.{}", key_value(key.by[i], "f"), name);
        }
    }
    return out;
}

/// Joins the rows of the keys `k` in a span of event times, as `s`.
std::string rows_of(const KeySql& key, const std::string& from, const std::string& until,
                    const std::string& more) {
    return fmt::format(R"(
         CROSS JOIN LATERAL (
               SELECT f.payment_id
                 FROM {}screening.fact f {} f.event_us BETWEEN {} AND {}{}{}) s
         WHERE true{})",
                       key.members, key.members.empty() ? "WHERE" : "ON", from, until, key.equal,
                       more, key.present);
}

/// Payments that the rows of `t` reach back to by one key.
std::string reached_back(const KeyReach& key) {
    const KeySql sql = sql_of(key, "t");
    return fmt::format(R"(
         UNION
        SELECT s.payment_id
          FROM (SELECT {0}, min(event_us) - {1} AS lo, max(event_us) AS hi
                  FROM (SELECT t.event_us{2} FROM t) r
                 GROUP BY {0}) k{3})",
                       sql.names, key.reach_us, sql.values, rows_of(sql, "k.lo", "k.hi", ""));
}

} // namespace

std::vector<Field> chosen_fields(Fields fields) {
    constexpr Fields elsewhere = bit(Field::bin6) | bit(Field::amount) | bit(Field::event_time) |
                                 bit(Field::source) | bit(Field::feed_type) | bit(Field::currency);
    std::vector<Field> out;
    for (std::size_t i = 0; i < k_fields; ++i)
        if ((fields & ~elsewhere & bit(static_cast<Field>(i))) != 0)
            out.push_back(static_cast<Field>(i));
    return out;
}

std::string visible(const Pins& pins, const char* row) {
    return fmt::format(R"({}.batch_id NOT IN (
               SELECT id
                 FROM ops.import_batch
                WHERE close_seq IS NULL OR close_seq > {}))",
                       row, pins.cut_seq);
}

std::string bigint_array(const std::vector<std::int64_t>& ids) {
    db::ArrayText array;
    for (const std::int64_t id : ids)
        array.add(id);
    return fmt::format("'{}'::bigint[]", array.view());
}

std::string reached_forward(const KeyReach& key, const std::string& ruleset) {
    const KeySql sql = sql_of(key, "t");
    return fmt::format(R"(
        SELECT s.payment_id, k.close_seq
          FROM (SELECT l.event_us, l.close_seq{0}
                  FROM late l
                  JOIN screening.fact t ON t.payment_id = l.payment_id) k{1})",
                       sql.values,
                       rows_of(sql, "k.event_us", fmt::format("k.event_us + {}", key.reach_us),
                               fmt::format(" AND f.ruleset = {}", db::quoted_literal(ruleset))));
}

std::string scan_query(const HistoryQuery& query, std::int64_t from_us, std::int64_t until_us,
                       const std::optional<KeyPart>& part) {
    return fmt::format(R"(
        SELECT {}
          FROM screening.fact f{}{}
         WHERE f.event_us BETWEEN {} AND {}
           AND {}{})",
                       columns(query), previous_verdicts(query), part ? key_joins(part->key) : "",
                       from_us, until_us, visible(query.pins), part ? in_part(*part) : "");
}

std::string probe_query(const HistoryQuery& query, const std::vector<KeyReach>& keys,
                        const std::vector<Target>& targets) {
    std::vector<std::int64_t> ids;
    for (const Target& target : targets)
        ids.push_back(target.payment_id);
    std::string seen = "SELECT payment_id FROM t";
    for (const KeyReach& key : keys)
        seen += reached_back(key);
    return fmt::format(R"(
          WITH t AS MATERIALIZED (
               SELECT *
                 FROM screening.fact
                WHERE payment_id = ANY ({})),
               seen AS MATERIALIZED ({})
        SELECT {}
          FROM seen
          JOIN screening.fact f ON f.payment_id = seen.payment_id{}
         WHERE {})",
                       bigint_array(ids), seen, columns(query), previous_verdicts(query),
                       visible(query.pins));
}

bool can_probe(const std::vector<KeyReach>& keys) {
    const auto indexed = [](Field field) {
        return std::find(std::begin(k_indexed), std::end(k_indexed), field) != std::end(k_indexed);
    };
    return std::all_of(keys.begin(), keys.end(), [&](const KeyReach& key) {
        return std::any_of(key.by.begin(), key.by.end(), indexed);
    });
}

std::vector<KeyReach> keys_of(const std::vector<const Ruleset*>& rulesets) {
    std::map<std::vector<Field>, std::int64_t> reaches;
    for (const Ruleset* one : rulesets)
        for (const KeyReach& key : one->keys())
            reaches[key.by] = std::max(reaches[key.by], key.reach_us);
    std::vector<KeyReach> out;
    for (const auto& [by, reach] : reaches)
        out.push_back({by, reach});
    return out;
}

} // namespace harmonia::screen
