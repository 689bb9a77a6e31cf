// GroupReader: the rows of both sides as two sorted COPY streams under one snapshot, merged into
// groups of one currency and amount.
#include "core/db/array.hpp"
#include "core/db/columns.hpp"
#include "core/db/copy_out.hpp"
#include "core/expr/expr.hpp"
#include "jobs/match/load.hpp"

#include <fmt/format.h>

#include <compare>
#include <span>

namespace harmonia::match {

namespace {

enum class PaymentColumn {
    currency,
    amount,
    id,
    network,
    feed_type,
    transaction_id,
    mid,
    date,
    created,
    has_time,
    identifier_ids,
    first_six,
    last_four,
    auth_code,
    approval_code,
    card_token,
    settlement_key,
    known_user,
    user_first_six,
    user_last_four,
    fresh,
};

// x: the payment, h: its card holder.
constexpr auto k_payment_columns = db::columns<PaymentColumn>({
    {PaymentColumn::currency, "x.spend_currency COLLATE \"C\""},
    {PaymentColumn::amount, "x.spend_amount"},
    {PaymentColumn::id, "x.id"},
    {PaymentColumn::network, "x.provider_slug"},
    {PaymentColumn::feed_type, "x.feed_type"},
    {PaymentColumn::transaction_id, "x.transaction_id"},
    {PaymentColumn::mid, "x.mid"},
    {PaymentColumn::date, "x.transaction_date"},
    {PaymentColumn::created, "x.created_at"},
    {PaymentColumn::has_time, "x.has_time"},
    {PaymentColumn::identifier_ids, "x.merchant_identifier_ids"},
    {PaymentColumn::first_six, "x.first_six"},
    {PaymentColumn::last_four, "x.last_four"},
    {PaymentColumn::auth_code, "x.auth_code"},
    {PaymentColumn::approval_code, "x.approval_code"},
    {PaymentColumn::card_token, "x.card_token"},
    {PaymentColumn::settlement_key, "x.settlement_key"},
    {PaymentColumn::known_user, "h.card_token IS NOT NULL"},
    {PaymentColumn::user_first_six, "h.first_six"},
    {PaymentColumn::user_last_four, "h.last_four"},
    {PaymentColumn::fresh, "x.admitted_at IS NULL"},
});

enum class SchemeColumn {
    currency,
    amount,
    id,
    network,
    transaction_id,
    date,
    created,
    identifier_ids,
    mids,
    first_six,
    last_four,
    auth_code,
    fresh,
};

constexpr auto k_scheme_columns = db::columns<SchemeColumn>({
    {SchemeColumn::currency, "x.spend_currency COLLATE \"C\""},
    {SchemeColumn::amount, "x.spend_amount"},
    {SchemeColumn::id, "x.id"},
    {SchemeColumn::network, "x.payment_provider_slug"},
    {SchemeColumn::transaction_id, "x.transaction_id"},
    {SchemeColumn::date, "x.transaction_date"},
    {SchemeColumn::created, "x.created_at"},
    {SchemeColumn::identifier_ids, "x.merchant_identifier_ids"},
    {SchemeColumn::mids, "x.mids"},
    {SchemeColumn::first_six, "x.first_six"},
    {SchemeColumn::last_four, "x.last_four"},
    {SchemeColumn::auth_code, "x.auth_code"},
    {SchemeColumn::fresh, "x.admitted_at IS NULL"},
});

/// One side's rows. `from` gives x, in parentheses when it joins more.
struct Side {
    std::string columns, from, fresh, pending;
};

/// Group keys touched by new rows of either side.
std::string touched(const std::string& merchant) {
    return fmt::format(R"(
            SELECT spend_currency, spend_amount
            FROM harmonia.payment_transaction
            WHERE merchant_slug = {0} AND admitted_at IS NULL AND screen IN ('NONE', 'APPROVED')
            UNION
            SELECT spend_currency, spend_amount
            FROM harmonia.scheme_transaction
            WHERE provider_slug = {0} AND admitted_at IS NULL)",
                       merchant);
}

bool any_pending(db::Transaction& tx, const Side& side) {
    return tx
        .exec(fmt::format("SELECT EXISTS (SELECT FROM {} WHERE {}) AS found", side.from,
                          side.pending))
        .only()
        .boolean("found");
}

/// The new rows, and the pending ones of the same groups, or all pending ones.
std::string query_of(db::Transaction& tx, const Side& side, const ReadScope& scope,
                     const std::string& merchant) {
    std::string query = fmt::format(R"(
        SELECT {}
        FROM {}
        WHERE {})",
                                    side.columns, side.from, side.fresh);
    if (any_pending(tx, side)) {
        std::string from = side.from;
        if (!scope.all_pending)
            from = fmt::format(R"(({}) t
            JOIN {} ON x.spend_currency = t.spend_currency AND x.spend_amount = t.spend_amount)",
                               touched(merchant), side.from);
        query += fmt::format(R"(
        UNION ALL
        SELECT {}
        FROM {}
        WHERE {})",
                             side.columns, from, side.pending);
    }
    return query + "\nORDER BY 1, 2"; // the group's key
}

std::string window_condition(const ReadScope& scope) {
    if (!scope.windowed)
        return "";
    return fmt::format(" AND x.created_at >= to_timestamp({})", scope.window_from_us / 1'000'000);
}

constexpr const char* k_with_holders = R"((
            harmonia.payment_transaction x
            LEFT JOIN harmonia.card_holder h
              ON h.merchant_slug = x.merchant_slug AND h.card_token = x.card_token))";

/// Everybody is known, and nobody's card.
constexpr const char* k_without_holders = R"((
            harmonia.payment_transaction x
            CROSS JOIN (SELECT '' AS card_token, NULL AS first_six, NULL AS last_four) h))";

std::string payments_query(db::Transaction& tx, const ReadScope& scope) {
    const std::string merchant = db::quoted_literal(scope.merchant);
    Side side;
    side.columns = k_payment_columns.list();
    side.from = scope.identify == Identify::table ? k_with_holders : k_without_holders;
    side.fresh = fmt::format(R"(x.merchant_slug = {} AND x.admitted_at IS NULL
          AND x.screen IN ('NONE', 'APPROVED') AND x.status = 'PENDING')",
                             merchant);
    side.pending = fmt::format(R"(x.merchant_slug = {} AND x.admitted_at IS NOT NULL
          AND x.status = 'PENDING' AND x.stage = 'IDENTIFIED' AND x.feed_type <> 'REFUND'{})",
                               merchant, window_condition(scope));
    return query_of(tx, side, scope, merchant);
}

std::string schemes_query(db::Transaction& tx, const ReadScope& scope) {
    const std::string merchant = db::quoted_literal(scope.merchant);
    Side side;
    side.columns = k_scheme_columns.list();
    side.from = "harmonia.scheme_transaction x";
    side.fresh = fmt::format(
        "x.provider_slug = {} AND x.admitted_at IS NULL AND x.status = 'PENDING'", merchant);
    side.pending =
        fmt::format("x.provider_slug = {} AND x.admitted_at IS NOT NULL AND x.status = 'PENDING'{}",
                    merchant, window_condition(scope));
    return query_of(tx, side, scope, merchant);
}

/// Payment id → merchant rows that it was parted from by hand.
std::unordered_map<std::int64_t, std::vector<std::int64_t>> barred_pairs(db::Transaction& tx,
                                                                         const ReadScope& scope) {
    const db::Result found = tx.exec(R"(
        SELECT payment_transaction_id, scheme_transaction_id
        FROM harmonia.matched_transaction
        WHERE merchant_slug = $1 AND undone_at IS NOT NULL AND scheme_transaction_id IS NOT NULL)",
                                     scope.merchant);
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> pairs;
    for (const db::Row row : found)
        pairs[row.integer("payment_transaction_id")].push_back(
            row.integer("scheme_transaction_id"));
    return pairs;
}

/// Currency and amount of a stream's row.
template <typename Column>
std::pair<std::string_view, std::int64_t> key_of(const db::CopyRow<Column>& row) {
    return {row[Column::currency].text, row[Column::amount].integer()};
}

} // namespace

struct GroupReader::State {
    ReadScope scope;
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> barred;
    db::CopyOut payments, schemes;
    db::CopyRow<PaymentColumn> payment; ///< the row that waits on the stream; empty at its end
    db::CopyRow<SchemeColumn> scheme;
    expr::Arena arena;
    std::string currency;
    std::vector<std::int64_t> ids;
    std::vector<std::string_view> mids;
    struct Counts {
        std::size_t ids = 0, mids = 0;
    };
    std::vector<Counts> payment_counts, scheme_counts;

    State(const db::Settings& settings, db::Transaction& tx, const std::string& snapshot,
          ReadScope s)
        : scope(std::move(s)), barred(barred_pairs(tx, scope)),
          payments(settings, snapshot, payments_query(tx, scope)),
          schemes(settings, snapshot, schemes_query(tx, scope)) {
        advance_payment();
        advance_scheme();
    }
    void advance_payment();
    void advance_scheme() { scheme = db::CopyRow<SchemeColumn>(schemes.next()); }
    [[nodiscard]] std::string_view keep(const db::CopyOut::Field& field) {
        return field.null || field.text.empty() ? std::string_view() : arena.copy(field.text);
    }
    std::size_t read_ids(const db::CopyOut::Field& field);
    std::size_t read_mids(const db::CopyOut::Field& field);
    void read_payment(Group& group);
    void read_scheme(Group& group);
    void bind(Group& group);
};

/// Rows of settlement keys that are still to be combined are left to the next run.
void GroupReader::State::advance_payment() {
    const auto late = [this] {
        const db::CopyOut::Field& key = payment[PaymentColumn::settlement_key];
        return !key.null && scope.late_keys.contains(std::string(key.text));
    };
    do {
        payment = db::CopyRow<PaymentColumn>(payments.next());
    } while (!payment.empty() && !scope.late_keys.empty() && late());
}

std::size_t GroupReader::State::read_ids(const db::CopyOut::Field& field) {
    const std::size_t before = ids.size();
    if (!field.null)
        for (db::ArrayReader array(field.text); array.next();)
            ids.push_back(array.integer());
    return ids.size() - before;
}

std::size_t GroupReader::State::read_mids(const db::CopyOut::Field& field) {
    const std::size_t before = mids.size();
    if (!field.null)
        for (db::ArrayReader array(field.text); array.next();)
            mids.push_back(arena.copy(array.text()));
    return mids.size() - before;
}

void GroupReader::State::read_payment(Group& group) {
    using enum PaymentColumn;
    Payment& row = group.payments.emplace_back();
    row.id = payment[id].integer();
    row.network = keep(payment[network]);
    row.feed_type = keep(payment[feed_type]);
    row.transaction_id = keep(payment[transaction_id]);
    row.mid = keep(payment[mid]);
    row.date_us = payment[date].instant().us;
    row.created_us = payment[created].instant().us;
    row.has_time = payment[has_time].boolean();
    payment_counts.push_back({read_ids(payment[identifier_ids]), 0});
    row.first_six = keep(payment[first_six]);
    row.last_four = keep(payment[last_four]);
    row.auth_code = keep(payment[auth_code]);
    row.approval_code = keep(payment[approval_code]);
    row.card_token = keep(payment[card_token]);
    row.settlement_key = keep(payment[settlement_key]);
    row.known_user = payment[known_user].boolean();
    row.user_first_six = keep(payment[user_first_six]);
    row.user_last_four = keep(payment[user_last_four]);
    row.fresh = payment[fresh].boolean();
    if (const auto at = barred.find(row.id); at != barred.end())
        row.barred = at->second;
    advance_payment();
}

void GroupReader::State::read_scheme(Group& group) {
    using enum SchemeColumn;
    SchemeRow& row = group.schemes.emplace_back();
    row.id = scheme[id].integer();
    row.network = keep(scheme[network]);
    row.transaction_id = keep(scheme[transaction_id]);
    row.date_us = scheme[date].instant().us;
    row.created_us = scheme[created].instant().us;
    const std::size_t id_count = read_ids(scheme[identifier_ids]);
    scheme_counts.push_back({id_count, read_mids(scheme[SchemeColumn::mids])});
    row.first_six = keep(scheme[first_six]);
    row.last_four = keep(scheme[last_four]);
    row.auth_code = keep(scheme[auth_code]);
    row.fresh = scheme[fresh].boolean();
    advance_scheme();
}

/// `ids` and `mids` have stopped growing: now spans into them hold.
void GroupReader::State::bind(Group& group) {
    const std::span<const std::int64_t> all_ids(ids);
    const std::span<const std::string_view> all_mids(mids);
    std::size_t id = 0, mid = 0;
    for (std::size_t i = 0; i < group.payments.size(); ++i) {
        group.payments[i].identifier_ids = all_ids.subspan(id, payment_counts[i].ids);
        id += payment_counts[i].ids;
    }
    for (std::size_t i = 0; i < group.schemes.size(); ++i) {
        group.schemes[i].identifier_ids = all_ids.subspan(id, scheme_counts[i].ids);
        group.schemes[i].mids = all_mids.subspan(mid, scheme_counts[i].mids);
        id += scheme_counts[i].ids;
        mid += scheme_counts[i].mids;
    }
}

GroupReader::GroupReader(const db::Settings& settings, db::Transaction& tx, ReadScope scope)
    : state_(std::make_unique<State>(settings, tx, tx.export_snapshot(), std::move(scope))) {}
GroupReader::~GroupReader() = default;

bool GroupReader::next(Group& group) {
    State& s = *state_;
    group.payments.clear();
    group.schemes.clear();
    s.arena.reset();
    s.ids.clear();
    s.mids.clear();
    s.payment_counts.clear();
    s.scheme_counts.clear();
    if (s.payment.empty() && s.scheme.empty())
        return false;
    const bool payment_first =
        s.scheme.empty() || (!s.payment.empty() && key_of(s.payment) <= key_of(s.scheme));
    const auto first = payment_first ? key_of(s.payment) : key_of(s.scheme);
    s.currency = first.first;
    group.amount = first.second;
    group.currency = s.currency;
    const auto belongs = [&](const auto& row) {
        return !row.empty() && key_of(row) == std::pair(group.currency, group.amount);
    };
    // All payments before any merchant row, so that bind() finds their ids in that order.
    while (belongs(s.payment) && group.payments.size() <= k_group_rows_max)
        s.read_payment(group);
    while (belongs(s.scheme) && group.schemes.size() <= k_group_rows_max)
        s.read_scheme(group);
    if (group.payments.size() > k_group_rows_max || group.schemes.size() > k_group_rows_max)
        throw Error(Exit::data,
                    fmt::format("merchant {}: more than {} pending rows of {} {} minor units",
                                s.scope.merchant, k_group_rows_max, group.currency, group.amount),
                    "Purge what is too old to match, or export and import these rows apart.");
    s.bind(group);
    return true;
}

} // namespace harmonia::match
