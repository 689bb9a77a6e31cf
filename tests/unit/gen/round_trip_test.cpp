// What the shipped declarations make of generated records is what the generator says they must.
#include "core/config/config.hpp"
#include "importers/feed/feed.hpp"
#include "tests/gen/feed_file.hpp"
#include "tests/gen/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"
#include "tests/unit/gen/truth_reader.hpp"

#include <filesystem>

using namespace harmonia;
using gen_test::Row;

namespace {

std::shared_ptr<const importers::Feed> feed_named(const std::string& name) {
    config::Layers layers;
    const auto declared = test::source_root() / "tests" / "feeds" / (name + ".yaml");
    if (std::filesystem::exists(declared))
        layers.file = declared.string();
    for (const auto& feed : importers::load_feeds(config::load(layers)))
        if (feed->name == name)
            return feed;
    return nullptr;
}

std::string or_null(const std::optional<std::string_view>& text) {
    return text ? std::string(*text) : "\\N";
}
std::string or_null(const std::optional<std::int64_t>& number) {
    return number ? std::to_string(*number) : "\\N";
}

std::string instant(std::int64_t micros) {
    std::string text;
    gen::append_datetime(text, micros / 1'000'000, ' ');
    if (micros % 1'000'000 != 0) {
        text += '.';
        gen::append_padded(text, static_cast<std::uint64_t>(micros % 1'000'000), 6);
    }
    return text + "+00";
}

/// A mapped record in the truth's own words.
Row said(const importers::Feed& feed, const importers::MappedRecord& mapped) {
    Row row;
    row["feed_type"] = importers::feed_type_name(feed.type);
    row["transaction_id"] = mapped.transaction_id;
    row["transaction_date"] = instant(mapped.transaction_date_us);
    row["spend_amount"] = std::to_string(mapped.spend_amount);
    row["spend_currency"] = mapped.spend_currency;
    row["settlement_key"] = or_null(mapped.settlement_key);
    row["card_token"] = or_null(mapped.card_token);
    row["first_six"] = or_null(mapped.first_six);
    row["last_four"] = or_null(mapped.last_four);
    row["auth_code"] = mapped.auth_code;
    row["approval_code"] = mapped.approval_code;
    row["points_amount"] = or_null(mapped.points_amount);
    row["merchant_identifier_id"] = or_null(mapped.merchant_identifier_id);
    row["mid"] = mapped.mids.empty() ? mapped.identifiers.primary : mapped.mids.front();
    return row;
}

/// The values of `names`' members, to be read by people when they differ.
std::string text_of(const Row& row, const Row& names) {
    std::string text;
    for (const auto& [name, unused] : names)
        text += name + '=' + row.at(name) + '\n';
    return text;
}

struct Verdicts {
    std::size_t kept = 0, skipped = 0, rejected = 0;
};

Verdicts compare(const importers::Feed& feed, const std::string& path,
                 const std::string& truth_path) {
    const auto truth = gen_test::read_tsv(truth_path);
    const auto reader = feed.format->reader(importers::open_file(path));
    std::unique_ptr<importers::FieldParser> parser;
    std::vector<expr::Value> fields(feed.format->fields().size());
    expr::Arena arena;
    importers::RawRecord record;
    Verdicts verdicts;
    for (const auto& row : truth) {
        INFO("record " << row.at("record") << ", " << row.at("state") << ' ' << row.at("code"));
        arena.reset();
        auto cut = reader->next(record);
        REQUIRE((!cut || *cut));
        CHECK(record.number == std::stoull(row.at("record")));
        CHECK(record.line == std::stoull(row.at("line")));
        if (!parser)
            parser = feed.format->parser(reader->header());
        importers::MappedRecord mapped;
        const auto outcome = [&]() -> Expected<importers::Verdict> {
            if (!cut)
                return tl::unexpected(cut.error());
            if (auto parsed = parser->parse(record.bytes, fields, arena); !parsed)
                return tl::unexpected(parsed.error());
            return feed.transactions->map(
                fields, {record.number, record.bytes, "iceland-bonus-card"}, mapped, arena);
        }();
        if (!outcome) {
            INFO(std::string(record.bytes));
            CHECK(row.at("state") == "rejected");
            CHECK(outcome.error().code + '/' + outcome.error().field ==
                  row.at("code") + '/' + row.at("field"));
            ++verdicts.rejected;
        } else if (*outcome != importers::Verdict::keep) {
            CHECK(row.at("state") == "skipped");
            ++verdicts.skipped;
        } else {
            const auto found = said(feed, mapped);
            CHECK(text_of(found, found) == text_of(row, found));
            ++verdicts.kept;
        }
    }
    REQUIRE(!reader->next(record).value_or(true));
    CHECK(reader->check());
    return verdicts;
}

} // namespace

TEST_CASE("generated records, mapped by the declarations, say what the truth says") {
    for (const auto& layout : gen::layouts()) {
        const std::string name(layout->name);
        INFO(name);
        const auto feed = feed_named(name);
        REQUIRE(feed);
        gen::Settings settings;
        settings.count = 1500;
        settings.dup_rate = settings.unknown_mid_rate = settings.skip_rate = 0.02;
        settings.bad_rate = 0.05;
        if (layout->network)
            settings.networks = {*layout->network};
        const test::TempDir directory;
        const auto out = directory.path() + "/out", truth = directory.path() + "/truth";
        const auto counts = gen::generate_feed(gen::World(settings), *layout, out, truth);
        const auto verdicts = compare(*feed, out, truth);
        CHECK(verdicts.kept == counts.stored + counts.unidentified + counts.duplicate);
        CHECK(verdicts.rejected == counts.rejected);
        CHECK(verdicts.skipped == counts.skipped);
        CHECK(verdicts.rejected > 30);
    }
}
