// A database with one merchant's rows, written as a test reads, and `match` over it.
#pragma once

#include "core/config/config.hpp"
#include "jobs/match/manage.hpp"
#include "jobs/match/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

namespace harmonia::match {

using Columns = std::map<std::string, std::string>; ///< column → SQL expression or text

class World {
public:
    explicit World(std::string yaml = "") : yaml_(std::move(yaml)) {
        database.execute(R"(
            INSERT INTO harmonia.loyalty_scheme (slug) VALUES ('shop'), ('other');
            INSERT INTO harmonia.payment_provider (slug) VALUES ('visa'), ('mastercard'), ('amex');
            INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id,
                   payment_provider_id, location_id, merchant_internal_id)
            SELECT 'mid-1', 1, id, 'store-1', 'brand-1' FROM harmonia.payment_provider;
            INSERT INTO ops.import_batch (feed, source, match_group, state)
            VALUES ('test', 'test', repeat('0', 32), 'archived');)");
    }

    test::TempDatabase database;

    /// A payment of shop, visa, SETTLED, 1222 GBP at noon; returns its id. With its guard.
    std::int64_t payment(const std::string& id, const Columns& changes = {}) const {
        Columns row{{"provider_slug", "'visa'"},
                    {"feed_type", "'SETTLED'"},
                    {"transaction_id", quoted(id)},
                    {"merchant_slug", "'shop'"},
                    {"merchant_identifier_ids", "'{1}'"},
                    {"mid", "'mid-1'"},
                    {"transaction_date", "'2026-03-10 12:00Z'"},
                    {"spend_amount", "1222"},
                    {"spend_currency", "'GBP'"},
                    {"card_token", "'token-1'"},
                    {"batch_id", "1"},
                    {"record_no", "(SELECT count(*) + 1 FROM harmonia.import_transaction)"}};
        for (const auto& [column, value] : changes)
            row[column] = value;
        insert("import_transaction", {{"provider_slug", row["provider_slug"]},
                                      {"feed_type", row["feed_type"]},
                                      {"transaction_id", row["transaction_id"]},
                                      {"batch_id", "1"},
                                      {"record_no", row["record_no"]},
                                      {"identified", "true"},
                                      {"stored", "true"}});
        row["record_no"] = "(SELECT count(*) FROM harmonia.import_transaction)";
        insert("payment_transaction", row);
        return database.count("SELECT max(id) FROM harmonia.payment_transaction");
    }
    /// A row of shop, visa, 1222 GBP at noon; returns its id. With its guard.
    std::int64_t scheme(const std::string& id, const Columns& changes = {}) const {
        Columns row{{"provider_slug", "'shop'"},
                    {"transaction_id", quoted(id)},
                    {"payment_provider_slug", "'visa'"},
                    {"merchant_identifier_ids", "'{1}'"},
                    {"mids", "'{mid-1}'"},
                    {"transaction_date", "'2026-03-10 12:00Z'"},
                    {"spend_amount", "1222"},
                    {"spend_currency", "'GBP'"},
                    {"batch_id", "1"},
                    {"record_no", "(SELECT count(*) + 1 FROM harmonia.import_transaction)"}};
        for (const auto& [column, value] : changes)
            row[column] = value;
        insert("import_transaction", {{"provider_slug", row["provider_slug"]},
                                      {"feed_type", "'MERCHANT'"},
                                      {"transaction_id", row["transaction_id"]},
                                      {"batch_id", "1"},
                                      {"record_no", row["record_no"]},
                                      {"identified", "true"},
                                      {"stored", "true"}});
        row["record_no"] = "(SELECT count(*) FROM harmonia.import_transaction)";
        insert("scheme_transaction", row);
        return database.count("SELECT max(id) FROM harmonia.scheme_transaction");
    }

    [[nodiscard]] Settings settings() const {
        return read_settings(config::parse(yaml_.empty() ? "{}" : yaml_, "test"),
                             database.settings(), {});
    }
    [[nodiscard]] static Options options() {
        Options made;
        made.run_id = "00000000-0000-4000-8000-000000000001";
        return made;
    }
    Outcomes match() const { return run(settings(), options()); }

    /// `payment→row` of each live match, in order, joined by blanks; spotted ones end with `→`.
    [[nodiscard]] std::string matches() const {
        return database.text(R"(
            SELECT string_agg(p.transaction_id || '→' || coalesce(s.transaction_id, ''), ' '
                              ORDER BY p.transaction_id)
            FROM harmonia.matched_transaction m
            JOIN harmonia.payment_transaction p ON p.id = m.payment_transaction_id
            LEFT JOIN harmonia.scheme_transaction s ON s.id = m.scheme_transaction_id
            WHERE m.undone_at IS NULL)");
    }
    [[nodiscard]] std::string one(const std::string& sql) const {
        return database.text("SELECT " + sql);
    }
    /// Checks the only row of `SELECT sql`, column by column, as texts; "null" stands for null.
    void check_row(const std::string& sql, const Columns& wanted) const {
        const auto connection = database.connect();
        db::Transaction tx(*connection);
        const db::Result found = tx.exec("SELECT " + sql);
        REQUIRE(found.size() == 1);
        CHECK(found.columns() == wanted.size());
        for (const auto& [column, value] : wanted) {
            INFO(column);
            CHECK(found.only().optional_text(column).value_or("null") == value);
        }
    }
    /// Everything that a run may change, as one text.
    [[nodiscard]] std::string state() const {
        std::string all;
        for (const char* table :
             {"payment_transaction", "scheme_transaction", "matched_transaction", "match_reason",
              "match_state", "export_transaction", "pending_export", "import_transaction",
              "unknown_identifier"})
            all += database.text(fmt::format("SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY "
                                             "t::text)), '') FROM harmonia.{} t",
                                             table)) +
                   '\n';
        return all +
               database.text("SELECT count(*) || ' ' || coalesce(max(id), 0) FROM ops.outbox");
    }

private:
    static std::string quoted(const std::string& text) { return "'" + text + "'"; }
    void insert(const std::string& table, const Columns& row) const {
        std::string columns, values;
        for (const auto& [column, value] : row) {
            columns += (columns.empty() ? "" : ", ") + column;
            values += (values.empty() ? "" : ", ") + value;
        }
        database.execute(
            fmt::format("INSERT INTO harmonia.{} ({}) VALUES ({})", table, columns, values));
    }
    std::string yaml_;
};

/// shop by code and day, otherwise within a minute; fallback by time, then by the user's last four.
inline constexpr const char* k_shop = R"(
matching:
  shop:
    where:
      - {if: payment.auth_code, then: [auth_code, same_day], else: [{within: 60s}]}
    fallback: [{within: 60s}, {card: last_four, against: user}]
)";

} // namespace harmonia::match
