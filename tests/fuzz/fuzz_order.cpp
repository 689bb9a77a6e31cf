// Any bytes are a record of the order feeds, or refused with a code of theirs; what may be stored
// of it is text of about its size.
#include "core/base/check.hpp"
#include "core/config/compiled_in.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/orders/check.hpp"

#include <cstddef>
#include <cstdint>

using namespace harmonia;

namespace {

std::shared_ptr<const importers::Feed> feed_named(const char* name) {
    for (const auto& feed : importers::load_feeds(config::defaults()))
        if (feed->name == name)
            return feed;
    return nullptr;
}

// No card number gets as far as a hash: a key would have to be a file.
const card::CardKeys& no_keys() {
    throw Error(Exit::config, "no key");
}

void take(const importers::Feed& feed, importers::FieldParser& parser, std::string_view raw) {
    expr::Arena arena;
    const importers::Storable stored = parser.storable(raw, arena);
    HARMONIA_CHECK(stored.text.size() <= 3 * raw.size() + 16);
    std::vector<expr::Value> fields(feed.format->fields().size());
    if (const auto parsed = parser.parse(raw, fields, arena); !parsed) {
        HARMONIA_CHECK(parsed.error().code.starts_with("V-"));
        return;
    }
    orders::Order order;
    if (!feed.texts->read(fields, order.text, arena))
        return;
    static const std::function<const card::CardKeys&()> k_keys = no_keys;
    constexpr std::int64_t k_now_us = 1'795'262'400'000'000;
    const orders::CheckContext context{
        feed.order, {}, k_keys, feed.provider, k_now_us, true, stored.secrets_dropped};
    try {
        const auto good = orders::check_order(order, feed.texts->lacking(fields), context, arena);
        HARMONIA_CHECK(good || good.error().code.starts_with("V-"));
        HARMONIA_CHECK(!good || (order.amount >= 0 && order.at(importers::OrderField::currency)));
    } catch (const Error&) {
        return; // it had a card number that is one
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto json = feed_named("transact"), csv = feed_named("orders-csv");
    static const auto of_json = json->format->parser({});
    static const auto of_csv = csv->format->parser(
        "external_id,event_time,amount,currency,method,pan,cvv,order_cost,ip,lat,lon");
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    take(*json, *of_json, raw);
    take(*csv, *of_csv, raw);
    return 0;
}
