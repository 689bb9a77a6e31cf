#include "jobs/screen/load/reference_data.hpp"

#include "core/base/text.hpp"
#include "core/db/columns.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/load/sql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {
namespace {

/// More cards than that are not asked for by id: the whole table is read.
constexpr std::size_t k_cards_by_id_max = 10'000;
constexpr int k_rate_scale_max = 18; ///< digits of a coefficient of 64 bits

enum class CardColumn { id, hash, first_n, last4, pan_len, same_as };
constexpr auto k_card_columns = db::columns<CardColumn>({
    {CardColumn::id, "c.id"},
    {CardColumn::hash, "encode(c.pan_hmac, 'hex')"},
    {CardColumn::first_n, "c.first_n"},
    {CardColumn::last4, "c.last4"},
    {CardColumn::pan_len, "coalesce(c.pan_len, 0)"},
    {CardColumn::same_as, "coalesce(a.same_as, 0)"},
});

enum class LabelColumn { payment_id, fraud, known_us };
constexpr auto k_label_columns = db::columns<LabelColumn>({
    {LabelColumn::payment_id, "f.payment_id"},
    {LabelColumn::fraud, "f.label = 'fraud'"},
    {LabelColumn::known_us, "(extract(epoch FROM f.known_at) * 1000000)::bigint"},
});
/// The same for a back-test: labels of source `dataset` are known {} microseconds after the event.
constexpr auto k_lagged_label_columns = db::columns<LabelColumn>({
    {LabelColumn::payment_id, "f.payment_id"},
    {LabelColumn::fraud, "f.label = 'fraud'"},
    {LabelColumn::known_us, R"(CASE WHEN f.source = 'dataset'
               THEN (SELECT x.event_us + {} FROM screening.fact x WHERE x.payment_id = f.payment_id)
               ELSE (extract(epoch FROM f.known_at) * 1000000)::bigint END)"},
});

/// Cards of `ids` and all that count as the same.
std::string with_aliases(const std::vector<std::int64_t>& ids) {
    return fmt::format(R"(
         WHERE c.id IN (
               WITH RECURSIVE seen(id) AS (
                    SELECT unnest({})
                     UNION
                    SELECT CASE WHEN x.card_id = s.id THEN x.same_as ELSE x.card_id END
                      FROM seen s
                      JOIN screening.card_alias x ON s.id IN (x.card_id, x.same_as))
               SELECT id
                 FROM seen))",
                       bigint_array(ids));
}

/// Adds the cards of `ids` (sorted) and those that count as the same. If there are many, only
/// direct aliases are found: the caller must ask for the ids that it returns as well.
std::vector<std::int64_t> add_cards_of(const ReadContext& context,
                                       const std::vector<std::int64_t>& ids, History& history) {
    const bool few = ids.size() <= k_cards_by_id_max;
    db::CopyOut copy(context.settings, context.snapshot,
                     fmt::format(R"(
        SELECT {}
          FROM screening.card_ref c
          LEFT JOIN screening.card_alias a ON a.card_id = c.id{})",
                                 k_card_columns.list(), few ? with_aliases(ids) : ""));
    const auto wanted = [&](std::int64_t id) {
        return std::binary_search(ids.begin(), ids.end(), id);
    };
    std::vector<std::int64_t> roots;
    for (auto fields = copy.next(); !fields.empty(); fields = copy.next()) {
        const db::CopyRow<CardColumn> row(fields);
        const std::int64_t id = row[CardColumn::id].integer();
        const std::int64_t same_as = row[CardColumn::same_as].integer();
        if (!few && !wanted(id) && !wanted(same_as))
            continue;
        if (!few && same_as != 0 && !wanted(same_as))
            roots.push_back(same_as);
        history.add_card({id, std::string(row[CardColumn::hash].text),
                          std::string(row[CardColumn::first_n].text),
                          std::string(row[CardColumn::last4].text),
                          static_cast<int>(row[CardColumn::pan_len].integer()), same_as});
    }
    std::sort(roots.begin(), roots.end());
    roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
    return roots;
}

ListContent load_list(const ReadContext& context, const Pins& pins, const std::string& name) {
    const auto rows = context.tx.exec(R"(
        SELECT value, starts_at, expires_at
          FROM screening.value_list_entry
         WHERE list = $1
           AND revision <= $2
           AND (removed_revision IS NULL OR removed_revision > $2)
         ORDER BY value COLLATE "C")",
                                      name, pins.list_revision);
    const auto us_or = [](const std::optional<db::Instant>& instant, std::int64_t otherwise) {
        return instant ? instant->us : otherwise;
    };
    ListContent list;
    list.name = name;
    for (const db::Row row : rows)
        list.entries.push_back({std::string(row.text("value")),
                                us_or(row.optional_instant("starts_at"), k_never_us),
                                us_or(row.optional_instant("expires_at"), k_ever_us)});
    return list;
}

} // namespace

void add_cards(const ReadContext& context, History& history) {
    std::vector<std::int64_t> ids = history.card_ids();
    std::sort(ids.begin(), ids.end());
    for (int round = 0; round < 2 && !ids.empty();
         ++round) // twice is enough: an alias has one root
        ids = add_cards_of(context, ids, history);
}

void add_rates(const ReadContext& context, const Pins& pins, const std::string& base,
               History& history) {
    const auto rows = context.tx.exec(R"(
        SELECT DISTINCT ON (from_currency, day) day, from_currency, trim_scale(rate) AS rate
          FROM screening.fx_rate
         WHERE to_currency = $1 AND revision <= $2
         ORDER BY from_currency, day, revision DESC)",
                                      base, pins.list_revision);
    for (const db::Row row : rows) {
        std::string text(row.text("rate"));
        const auto dot = text.find('.');
        const int scale = dot == std::string::npos ? 0 : static_cast<int>(text.size() - dot - 1);
        if (dot != std::string::npos)
            text.erase(dot, 1);
        const auto coefficient = parse_int(text);
        if (!coefficient || scale > k_rate_scale_max)
            throw Error(Exit::config, fmt::format("the rate of {} has too many digits",
                                                  row.text("from_currency")));
        history.add_rate(
            {row.date("day").days, std::string(row.text("from_currency")), *coefficient, scale});
    }
}

void add_labels(const ReadContext& context, const Pins& pins,
                std::optional<std::int64_t> dataset_lag_us, History& history) {
    constexpr std::int64_t k_far_us = std::int64_t{1} << 52; // within what timestamptz holds
    const std::string columns =
        dataset_lag_us ? fmt::format(fmt::runtime(k_lagged_label_columns.list()), *dataset_lag_us)
                       : k_label_columns.list();
    db::CopyOut copy(context.settings, context.snapshot,
                     fmt::format(R"(
        SELECT {}
          FROM screening.label f
         WHERE (f.batch_id IS NULL OR {})
           AND f.known_at <= to_timestamp(0) + {} * interval '1 microsecond')",
                                 columns, visible(pins), std::min(pins.label_asof_us, k_far_us)));
    for (auto fields = copy.next(); !fields.empty(); fields = copy.next()) {
        const db::CopyRow<LabelColumn> row(fields);
        history.add_label({row[LabelColumn::payment_id].integer(),
                           row[LabelColumn::fraud].boolean(),
                           row[LabelColumn::known_us].integer()});
    }
}

Context load_context(const ReadContext& context, const Pins& pins, const std::string& ruleset_name,
                     const std::vector<const Ruleset*>& rulesets) {
    Context out;
    out.list_revision = pins.list_revision;
    out.label_asof_us = pins.label_asof_us;
    std::vector<std::string> names;
    for (const Ruleset* one : rulesets)
        for (const std::string& list : one->managed_lists())
            if (std::find(names.begin(), names.end(), list) == names.end())
                names.push_back(list);
    for (const std::string& name : names)
        out.lists.push_back(load_list(context, pins, name));
    const auto rows = context.tx.exec(R"(
        SELECT rule_id, key, value, starts_at, expires_at
          FROM screening.suppression
         WHERE ruleset = $1
           AND revision <= $2
           AND (ended_revision IS NULL OR ended_revision > $2)
         ORDER BY id)",
                                      ruleset_name, pins.list_revision);
    for (const db::Row row : rows)
        out.suppressions.push_back({std::string(row.text("rule_id")), std::string(row.text("key")),
                                    std::string(row.text("value")), row.instant("starts_at").us,
                                    row.instant("expires_at").us});
    return out;
}

} // namespace harmonia::screen
