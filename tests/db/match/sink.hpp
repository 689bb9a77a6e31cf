// Records taken in through a declared feed, as `import` does it, over the world of world.hpp.
#pragma once

#include "jobs/match/reidentify.hpp"
#include "jobs/match/sink/sink.hpp"
#include "tests/db/match/world.hpp"

namespace harmonia::match {

/// Payments by their identifiers, merchants' rows by store.
inline std::string feed_declarations() {
    return R"(
feeds:
  - name: pay
    provider: visa
    feed_type: SETTLED
    source: {kind: none}
    format: {kind: csv}
    unless_merchant_mode: [spotted]
    map:
      transaction_id: id
      transaction_date: {datetime: at}
      spend_amount: {minor_units: amount}
      settlement_key: key
      constants: {payment_provider: visa, spend_currency: GBP}
      copy: {card_token: token}
      identifiers: {PRIMARY: mid, SECONDARY: store, PSIMI: psimi}
  - name: shop
    provider: shop
    feed_type: MERCHANT
    source: {kind: none}
    format: {kind: csv}
    map:
      transaction_id: id
      transaction_date: {datetime: at}
      spend_amount: {minor_units: amount}
      constants: {payment_provider: visa, spend_currency: GBP}
      mids: {location: store}
)";
}

class SinkWorld : public World {
public:
    explicit SinkWorld(const std::string& yaml = "") : World(yaml + feed_declarations()) {
        for (const auto& feed :
             importers::load_feeds(config::parse(yaml + feed_declarations(), "test")))
            feeds_[feed->name] = feed;
    }
    /// Makes feeds of another declaration known to import().
    void declare(const std::vector<std::shared_ptr<const importers::Feed>>& feeds) {
        for (const auto& feed : feeds)
            feeds_[feed->name] = feed;
    }
    /// Imports a text as one block of one batch; returns what was counted.
    importers::BlockCounts import(const std::string& name, const std::string& text) const {
        const auto& feed = feeds_.at(name);
        const auto connection = database.connect();
        SinkOptions options;
        const auto declarations = Declarations::load(config::parse(yaml_of_modes, "test"));
        options.merchant_mode = [&](std::string_view merchant) {
            return std::string(mode_name(declarations.of(merchant).mode));
        };
        const auto session = transactions_sink(options)(feed, *connection);
        const auto block = session->new_block();
        importers::OccurrenceCounter occurrences(importers::OccurrenceCounter::Mode::messages);
        const auto reader = feed->format->reader(importers::over_memory(text));
        importers::RawRecord record;
        expr::Arena arena;
        std::vector<expr::Value> fields(feed->format->fields().size());
        std::unique_ptr<importers::FieldParser> parser;
        while (true) {
            const auto more = reader->next(record);
            REQUIRE(more);
            if (!*more)
                break;
            if (!parser)
                parser = feed->format->parser(reader->header());
            arena.reset();
            REQUIRE(parser->parse(record.bytes, fields, arena));
            const auto added = session->add(*block, {record.number, record.line, record.offset},
                                            record.bytes, fields, occurrences);
            REQUIRE(added);
        }
        db::Transaction tx(*connection);
        const std::int64_t batch =
            tx.exec("INSERT INTO ops.import_batch (feed, source, match_group, header) "
                    "VALUES ($1, 'test', repeat('0', 32), $2) RETURNING id",
                    name, reader->header())
                .integer(0, 0);
        const auto counts = session->write(tx, *block, batch);
        CHECK(session->waiting(tx) ==
              static_cast<std::uint64_t>(
                  tx.exec("SELECT (SELECT count(*) FROM payment_transaction WHERE admitted_at IS "
                          "NULL) + "
                          "(SELECT count(*) FROM scheme_transaction WHERE admitted_at IS NULL)")
                      .integer(0, 0)));
        tx.commit(Failpoint::import_block_commit);
        return counts;
    }
    std::int64_t look_again() const {
        std::vector<std::shared_ptr<const importers::Feed>> all;
        for (const auto& [name, feed] : feeds_)
            all.push_back(feed);
        return reidentify(*database.connect(), all,
                          Declarations::load(config::parse(yaml_of_modes, "test")));
    }
    void onboard(const std::string& text, const std::string& kind = "PRIMARY",
                 const std::string& location = "") const {
        database.execute(fmt::format(
            "INSERT INTO harmonia.merchant_identifier (identifier, identifier_type, "
            "loyalty_scheme_id, payment_provider_id, location_id) VALUES ('{}', '{}', 1, 1, '{}')",
            text, kind, location));
    }
    std::string yaml_of_modes = "matching: {other: {mode: spotted}}";

private:
    std::map<std::string, std::shared_ptr<const importers::Feed>> feeds_;
};

inline const std::string k_header = "id,at,amount,key,token,mid,store,psimi\n";

} // namespace harmonia::match
