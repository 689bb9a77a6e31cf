#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/db/copy_out.hpp"
#include "core/expr/expr.hpp"
#include "core/time/format.hpp"
#include "jobs/match/load.hpp"

#include <fmt/format.h>

#include <compare>
#include <span>

namespace harmonia::match {

namespace {

using Fields = std::span<const db::CopyOut::Field>;

std::int64_t integer(std::string_view text) {
    const auto value = parse_int(text);
    HARMONIA_CHECK(value.has_value());
    return *value;
}

std::int64_t instant(std::string_view text) {
    const auto parsed = time::parse_iso(text);
    HARMONIA_CHECK(parsed.has_value() && parsed->offset_seconds.has_value());
    return parsed->instant(time::Zone::utc());
}

/// Group keys touched by new rows of either side.
std::string touched(const std::string& merchant) {
    return fmt::format("SELECT spend_currency, spend_amount FROM harmonia.payment_transaction "
                       "WHERE merchant_slug = {0} AND admitted_at IS NULL "
                       "AND screen IN ('NONE', 'APPROVED') "
                       "UNION SELECT spend_currency, spend_amount FROM harmonia.scheme_transaction "
                       "WHERE provider_slug = {0} AND admitted_at IS NULL",
                       merchant);
}

/// Rows of one side: the new ones, and the pending ones that are asked for.
std::string both(const std::string& columns, const std::string& from, const std::string& fresh,
                 const std::string& pending, bool any_pending, bool all_pending,
                 const std::string& keys) {
    std::string query = fmt::format("SELECT {}, true FROM {} WHERE {}", columns, from, fresh);
    if (any_pending && all_pending)
        query +=
            fmt::format(" UNION ALL SELECT {}, false FROM {} WHERE {}", columns, from, pending);
    else if (any_pending)
        query += fmt::format(" UNION ALL SELECT {}, false FROM ({}) t JOIN {} "
                             "ON x.spend_currency = t.spend_currency "
                             "AND x.spend_amount = t.spend_amount WHERE {}",
                             columns, keys, from, pending);
    return query + " ORDER BY 1, 2";
}

std::string window_condition(const Slice& slice) {
    if (!slice.windowed)
        return "";
    return fmt::format(" AND x.created_at >= to_timestamp({})", slice.window_from_us / 1'000'000);
}

bool exists(db::Transaction& tx, const std::string& from, const std::string& where) {
    return tx.exec("SELECT EXISTS (SELECT FROM " + from + " WHERE " + where + ")").boolean(0, 0);
}

std::string payments_query(db::Transaction& tx, const Slice& slice) {
    const std::string merchant = db::quoted_literal(slice.merchant);
    const bool holders = slice.identify == Identify::table;
    const std::string columns =
        "x.spend_currency COLLATE \"C\", x.spend_amount, x.id, x.provider_slug, x.feed_type, "
        "x.transaction_id, x.mid, x.transaction_date, x.created_at, x.has_time, "
        "array_to_string(x.merchant_identifier_ids, ','), x.first_six, x.last_four, x.auth_code, "
        "x.approval_code, x.card_token, x.settlement_key, " +
        std::string(holders ? "h.card_token IS NOT NULL, h.first_six, h.last_four"
                            : "true, NULL, NULL");
    std::string from = "harmonia.payment_transaction x";
    const std::string fresh = "x.merchant_slug = " + merchant +
                              " AND x.admitted_at IS NULL AND x.screen IN ('NONE', 'APPROVED') "
                              "AND x.status = 'PENDING'";
    const std::string pending =
        "x.merchant_slug = " + merchant +
        " AND x.admitted_at IS NOT NULL AND x.status = 'PENDING' AND x.stage = 'IDENTIFIED' "
        "AND x.feed_type <> 'REFUND'" +
        window_condition(slice);
    const bool any = exists(tx, from, pending);
    if (holders)
        from += " LEFT JOIN harmonia.card_holder h ON h.merchant_slug = x.merchant_slug "
                "AND h.card_token = x.card_token";
    // The join of `both` names its keys first, so the left join must bind to the payments alone.
    return both(columns, holders && any && !slice.all_pending ? "(" + from + ")" : from, fresh,
                pending, any, slice.all_pending, touched(merchant));
}

std::string schemes_query(db::Transaction& tx, const Slice& slice) {
    const std::string merchant = db::quoted_literal(slice.merchant);
    const std::string columns =
        "x.spend_currency COLLATE \"C\", x.spend_amount, x.id, x.payment_provider_slug, "
        "x.transaction_id, x.transaction_date, x.created_at, "
        "array_to_string(x.merchant_identifier_ids, ','), x.mids, x.first_six, x.last_four, "
        "x.auth_code";
    const std::string from = "harmonia.scheme_transaction x";
    const std::string fresh =
        "x.provider_slug = " + merchant + " AND x.admitted_at IS NULL AND x.status = 'PENDING'";
    const std::string pending = "x.provider_slug = " + merchant +
                                " AND x.admitted_at IS NOT NULL AND x.status = 'PENDING'" +
                                window_condition(slice);
    return both(columns, from, fresh, pending, exists(tx, from, pending), slice.all_pending,
                touched(merchant));
}

/// Payment id → merchant rows that it was parted from by hand.
std::unordered_map<std::int64_t, std::vector<std::int64_t>> barred_pairs(db::Transaction& tx,
                                                                         const Slice& slice) {
    const db::Result found =
        tx.exec("SELECT payment_transaction_id, scheme_transaction_id "
                "FROM harmonia.matched_transaction WHERE merchant_slug = $1 "
                "AND undone_at IS NOT NULL AND scheme_transaction_id IS NOT NULL",
                slice.merchant);
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> pairs;
    for (std::size_t i = 0; i < found.size(); ++i)
        pairs[found.integer(i, 0)].push_back(found.integer(i, 1));
    return pairs;
}

} // namespace

struct GroupReader::State {
    Slice slice;
    std::unordered_map<std::int64_t, std::vector<std::int64_t>> barred;
    db::CopyOut payments, schemes;
    Fields payment, scheme; ///< the row that waits on each stream; empty at its end
    expr::Arena arena;
    std::string currency;
    std::vector<std::int64_t> ids;
    std::vector<std::string_view> mids;
    struct Counts {
        std::size_t ids = 0, mids = 0;
    };
    std::vector<Counts> payment_counts, scheme_counts;

    State(const db::Settings& settings, db::Transaction& tx, const std::string& snapshot, Slice s)
        : slice(std::move(s)), barred(barred_pairs(tx, slice)),
          payments(settings, snapshot, payments_query(tx, slice)),
          schemes(settings, snapshot, schemes_query(tx, slice)) {
        advance_payment();
        scheme = schemes.next();
    }
    void advance_payment();
    [[nodiscard]] std::string_view keep(const db::CopyOut::Field& field) {
        return field.null || field.text.empty() ? std::string_view() : arena.copy(field.text);
    }
    std::size_t read_ids(std::string_view text);
    std::size_t read_mids(std::string_view text);
    void read_payment(Group& group);
    void read_scheme(Group& group);
    void bind(Group& group);
};

/// Rows of settlement keys that are still to be combined wait for the next run.
void GroupReader::State::advance_payment() {
    do {
        payment = payments.next();
    } while (!payment.empty() && !slice.late_keys.empty() && !payment[16].null &&
             slice.late_keys.contains(std::string(payment[16].text)));
}

std::size_t GroupReader::State::read_ids(std::string_view text) {
    if (text.empty())
        return 0;
    std::size_t count = 0;
    for (const std::string_view id : split(text, ',')) {
        ids.push_back(integer(id));
        ++count;
    }
    return count;
}

/// A one-dimensional array of texts as PostgreSQL prints it: `{a,"b,c"}`.
std::size_t GroupReader::State::read_mids(std::string_view text) {
    std::size_t count = 0;
    std::string one;
    bool quoted = false;
    HARMONIA_CHECK(text.size() >= 2 && text.front() == '{');
    for (std::size_t i = 1; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\') {
            one += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if ((c == ',' || c == '}') && !quoted) {
            if (c == '}' && text.size() == 2)
                break;
            mids.push_back(arena.copy(one));
            one.clear();
            ++count;
        } else {
            one += c;
        }
    }
    return count;
}

void GroupReader::State::read_payment(Group& group) {
    Payment& row = group.payments.emplace_back();
    row.id = payment[2].integer();
    row.network = keep(payment[3]);
    row.feed_type = keep(payment[4]);
    row.transaction_id = keep(payment[5]);
    row.mid = keep(payment[6]);
    row.date_us = instant(payment[7].text);
    row.created_us = instant(payment[8].text);
    row.has_time = payment[9].text == "t";
    payment_counts.push_back({read_ids(payment[10].text), 0});
    row.first_six = keep(payment[11]);
    row.last_four = keep(payment[12]);
    row.auth_code = keep(payment[13]);
    row.approval_code = keep(payment[14]);
    row.card_token = keep(payment[15]);
    row.settlement_key = keep(payment[16]);
    row.known_user = payment[17].text == "t";
    row.user_first_six = keep(payment[18]);
    row.user_last_four = keep(payment[19]);
    row.fresh = payment[20].text == "t";
    if (const auto at = barred.find(row.id); at != barred.end())
        row.barred = at->second;
    advance_payment();
}

void GroupReader::State::read_scheme(Group& group) {
    SchemeRow& row = group.schemes.emplace_back();
    row.id = scheme[2].integer();
    row.network = keep(scheme[3]);
    row.transaction_id = keep(scheme[4]);
    row.date_us = instant(scheme[5].text);
    row.created_us = instant(scheme[6].text);
    const std::size_t id_count = read_ids(scheme[7].text);
    scheme_counts.push_back({id_count, read_mids(scheme[8].text)});
    row.first_six = keep(scheme[9]);
    row.last_four = keep(scheme[10]);
    row.auth_code = keep(scheme[11]);
    row.fresh = scheme[12].text == "t";
    scheme = schemes.next();
}

/// The lists have stopped growing: now spans into them hold.
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

GroupReader::GroupReader(const db::Settings& settings, db::Transaction& tx, Slice slice)
    : state_(std::make_unique<State>(settings, tx, tx.export_snapshot(), std::move(slice))) {}
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
    const auto key = [](Fields row) { return std::pair(row[0].text, row[1].integer()); };
    const Fields first = s.payment.empty() ? s.scheme
                         : s.scheme.empty()
                             ? s.payment
                             : (key(s.payment) <= key(s.scheme) ? s.payment : s.scheme);
    s.currency = first[0].text;
    group.amount = first[1].integer();
    group.currency = s.currency;
    const auto mine = [&](Fields row) {
        return !row.empty() && row[0].text == s.currency && row[1].integer() == group.amount;
    };
    // All payments before any merchant row, so that bind() finds their ids in that order.
    while (mine(s.payment) && group.payments.size() <= k_group_rows_max)
        s.read_payment(group);
    while (mine(s.scheme) && group.schemes.size() <= k_group_rows_max)
        s.read_scheme(group);
    if (group.payments.size() > k_group_rows_max || group.schemes.size() > k_group_rows_max)
        throw Error(Exit::data,
                    fmt::format("merchant {}: more than {} pending rows of {} {} minor units",
                                s.slice.merchant, k_group_rows_max, group.currency, group.amount),
                    "Purge what is too old to match, or export and import these rows apart.");
    s.bind(group);
    return true;
}

} // namespace harmonia::match
