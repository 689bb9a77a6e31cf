// Any fields a format may cut give a record, a skip or a problem with a code; never anything that
// the tables refuse.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/config/compiled_in.hpp"
#include "core/money/currency.hpp"
#include "importers/feed/feed.hpp"

#include <cstddef>
#include <cstdint>

using namespace harmonia;

namespace {

void check(const importers::MappedRecord& record) {
    HARMONIA_CHECK(!record.transaction_id.empty() && record.transaction_id.size() <= 100);
    HARMONIA_CHECK(money::exponent_of(record.spend_currency).has_value());
    HARMONIA_CHECK(record.extra_fields.front() == '{' && record.extra_fields.back() == '}');
    for (const std::string_view text :
         {record.transaction_id, record.auth_code, record.card_token.value_or(""),
          record.identifiers.primary, record.extra_fields})
        HARMONIA_CHECK(text.find('\0') == std::string_view::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto feeds = importers::load_feeds(config::defaults());
    static expr::Arena arena;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto lines = split(input, '\n');
    for (const auto& feed : feeds) {
        if (feed->transactions == nullptr)
            continue; // its sink reads the record itself
        arena.reset();
        std::vector<expr::Value> fields(feed->format->fields().size());
        for (std::size_t i = 0; i < fields.size() && i < lines.size(); ++i)
            if (lines[i] != "-")
                fields[i] = expr::Value::of_text(lines[i]);
        importers::MappedRecord record;
        const auto verdict =
            feed->transactions->map(fields, {1, input, "stonegate"}, record, arena);
        static_cast<void>(feed->transactions->identify(fields, arena));
        HARMONIA_CHECK(verdict || !verdict.error().code.empty());
        if (verdict && *verdict == importers::Verdict::keep)
            check(record);
    }
    return 0;
}
