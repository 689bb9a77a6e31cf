// Reads what feeds of the sinks `orders` and `labels` declare of their own. Inside importers/feed.
#pragma once

#include "importers/feed/feed.hpp"

namespace harmonia::importers {

/// Fill in what such a feed has beside what every feed declares. Error(config).
void read_order_feed(Feed& feed, const Declaration& declaration);
void read_label_feed(Feed& feed, const Declaration& declaration);

/// Refuses each of `keys` that the declaration has. Error(config).
template <typename Keys>
void refuse_keys(const Declaration& declaration, const Keys& keys, const std::string& sink) {
    for (const char* key : keys)
        if (const auto value = declaration.find(key))
            value->fail(std::string("'") + key + "' does not apply to a feed of sink '" + sink +
                        "'");
}

} // namespace harmonia::importers
