#include "jobs/screen/load_beside.hpp"

#include "core/base/text.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/load_sql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {
namespace {

/// Cards told one by one; above it the whole table is read.
constexpr std::size_t k_cards_by_id_max = 10'000;

constexpr const char* k_micros = "(extract(epoch FROM {}) * 1000000)::bigint";

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

} // namespace

void add_cards(const Place& place, History& history) {
    std::vector<std::int64_t> ids = history.card_ids();
    std::sort(ids.begin(), ids.end());
    for (int of_kin = 0; of_kin < 2 && !ids.empty(); ++of_kin) // an alias has one root
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

} // namespace harmonia::screen
