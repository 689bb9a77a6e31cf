#include "jobs/screen/load_sql.hpp"

#include "core/db/copy_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

namespace harmonia::screen {
namespace {

/// Columns of screening.fact that have an index (column, event_us).
constexpr Field k_indexed[] = {Field::card, Field::customer, Field::terminal, Field::ip,
                               Field::merchant};

/// A key's column over a row `f`; the card by its root, the bin by its card.
std::string key_column(Field field, const std::string& f) {
    if (field == Field::card)
        return fmt::format("coalesce((SELECT a.same_as FROM screening.card_alias a WHERE a.card_id "
                           "= {0}.card_id), {0}.card_id)",
                           f);
    if (field == Field::bin6)
        return fmt::format("(SELECT left(c.first_n, 6) FROM screening.card_ref c WHERE c.id = "
                           "{}.card_id AND length(c.first_n) >= 6)",
                           f);
    if (field == Field::amount)
        return fmt::format("({0}.amount_minor, {0}.currency)", f);
    return fmt::format("{}.{}", f, field_name(field));
}

std::string columns(const HistoryQuery& query) {
    std::string out = "f.payment_id, f.source, f.feed_type, f.external_id, f.event_us, "
                      "f.event_time_src = 'received', f.amount_minor, f.currency";
    out += query.verdicts ? ", coalesce(v.outcome, '')" : ", ''";
    for (const Field field : chosen_columns(query.fields))
        out += fmt::format(", f.{}", field == Field::card ? "card_id" : field_name(field));
    return out;
}

/// What a part's key is made of: joined, because a query for each row costs more than the row.
const char* joined_for(Field key) {
    if (key == Field::card)
        return " LEFT JOIN screening.card_alias ka ON ka.card_id = f.card_id";
    if (key == Field::bin6)
        return " LEFT JOIN screening.card_alias ka ON ka.card_id = f.card_id LEFT JOIN "
               "screening.card_ref kc ON kc.id = coalesce(ka.same_as, f.card_id)";
    return "";
}

std::string falls_to(const Part& part) {
    const std::string key = part.key == Field::card   ? "coalesce(ka.same_as, f.card_id)"
                            : part.key == Field::bin6 ? "left(kc.first_n, 6)"
                                                      : fmt::format("f.{}", field_name(part.key));
    return fmt::format(" AND (hashtextextended(({})::text, 0) & {}) % {} = {}", key,
                       std::numeric_limits<std::int64_t>::max(), part.parts, part.number);
}

/// Each payment's newest verdict that the run may see.
std::string former_verdicts(const HistoryQuery& query) {
    if (!query.verdicts)
        return "";
    return fmt::format(" LEFT JOIN (SELECT DISTINCT ON (payment_id) payment_id, outcome FROM "
                       "screening.verdict WHERE ruleset = {} AND NOT is_shadow AND run < {} "
                       "ORDER BY payment_id, rev DESC) v ON v.payment_id = f.payment_id",
                       db::quoted_literal(query.ruleset), query.pins.run);
}

std::string ids_of(const std::vector<Target>& targets) {
    std::string out = "'{";
    for (const Target& one : targets)
        out += fmt::format("{}{}", out.size() == 2 ? "" : ",", one.payment_id);
    return out + "}'::bigint[]";
}

/// A key in SQL: its columns over a row, their names, and how rows `f` of it are found from `k`.
struct KeySql {
    std::string names, values, present, members, equal;
};

KeySql sql_of(const KeyReach& key, const std::string& row) {
    KeySql out;
    for (std::size_t i = 0; i < key.by.size(); ++i) {
        const std::string name = fmt::format("k{}", i);
        out.names += (i == 0 ? "" : ", ") + name;
        out.values += fmt::format(", {} AS {}", key_column(key.by[i], row), name);
        out.present += fmt::format(" AND k.{} IS NOT NULL", name);
        if (key.by[i] == Field::card) {
            out.members = fmt::format("(SELECT k.{0} AS id UNION ALL SELECT a.card_id FROM "
                                      "screening.card_alias a WHERE a.same_as = k.{0}) m JOIN ",
                                      name);
            out.equal += " AND f.card_id = m.id";
        } else {
            out.equal += fmt::format(" AND {} = k.{}", key_column(key.by[i], "f"), name);
        }
    }
    return out;
}

/// Rows `f` in a span of the keys `k`.
std::string rows_of(const KeySql& key, const std::string& from, const std::string& until,
                    const std::string& more) {
    return fmt::format("CROSS JOIN LATERAL (SELECT f.payment_id FROM {}screening.fact f {} "
                       "f.event_us BETWEEN {} AND {}{}{}) s WHERE true{}",
                       key.members, key.members.empty() ? "WHERE" : "ON", from, until, key.equal,
                       more, key.present);
}

/// Payments that the rows of `t` reach back to by one key.
std::string reached(const KeyReach& key) {
    const KeySql sql = sql_of(key, "t");
    return fmt::format(" UNION SELECT s.payment_id FROM (SELECT {0}, min(event_us) - {1} AS lo, "
                       "max(event_us) AS hi FROM (SELECT t.event_us{2} FROM t) r GROUP BY {0}) k "
                       "{3}",
                       sql.names, key.reach_us, sql.values, rows_of(sql, "k.lo", "k.hi", ""));
}

} // namespace

std::vector<Field> chosen_columns(Fields fields) {
    constexpr Fields elsewhere = bit(Field::bin6) | bit(Field::amount) | bit(Field::event_time) |
                                 bit(Field::source) | bit(Field::feed_type) | bit(Field::currency);
    std::vector<Field> out;
    for (std::size_t i = 0; i < k_fields; ++i)
        if ((fields & ~elsewhere & bit(static_cast<Field>(i))) != 0)
            out.push_back(static_cast<Field>(i));
    return out;
}

std::string visible(const Pins& pins, const char* row) {
    return fmt::format("{}.batch_id NOT IN (SELECT id FROM ops.import_batch WHERE close_seq IS "
                       "NULL OR close_seq > {})",
                       row, pins.cut_seq);
}

std::string reached_forward(const KeyReach& key, const std::string& ruleset) {
    const KeySql sql = sql_of(key, "t");
    return fmt::format(
        "SELECT s.payment_id, k.close_seq FROM (SELECT l.event_us, l.close_seq{0} FROM late l JOIN "
        "screening.fact t ON t.payment_id = l.payment_id) k {1}",
        sql.values,
        rows_of(sql, "k.event_us", fmt::format("k.event_us + {}", key.reach_us),
                fmt::format(" AND f.ruleset = {}", db::quoted_literal(ruleset))));
}

std::string scan_query(const HistoryQuery& query, std::int64_t from_us, std::int64_t until_us,
                       const std::optional<Part>& part) {
    return fmt::format("SELECT {} FROM screening.fact f{}{} WHERE f.event_us BETWEEN {} AND {} AND "
                       "{}{}",
                       columns(query), former_verdicts(query), part ? joined_for(part->key) : "",
                       from_us, until_us, visible(query.pins), part ? falls_to(*part) : "");
}

std::string probe_query(const HistoryQuery& query, const std::vector<KeyReach>& keys,
                        const std::vector<Target>& targets) {
    std::string seen = "SELECT payment_id FROM t";
    for (const KeyReach& key : keys)
        seen += reached(key);
    return fmt::format("WITH t AS MATERIALIZED (SELECT * FROM screening.fact WHERE payment_id = "
                       "ANY ({})), seen AS MATERIALIZED ({}) SELECT {} FROM seen JOIN "
                       "screening.fact f ON f.payment_id = seen.payment_id{} WHERE {}",
                       ids_of(targets), seen, columns(query), former_verdicts(query),
                       visible(query.pins));
}

bool can_probe(const std::vector<KeyReach>& keys) {
    return std::all_of(keys.begin(), keys.end(), [](const KeyReach& key) {
        return std::any_of(key.by.begin(), key.by.end(), [](Field field) {
            return std::find(std::begin(k_indexed), std::end(k_indexed), field) !=
                   std::end(k_indexed);
        });
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
