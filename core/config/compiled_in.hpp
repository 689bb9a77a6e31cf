// What the program brings with it: the defaults, the shipped feeds, and what every key means.
#pragma once

#include "core/config/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harmonia::config {

/// The lowest layer: config.example.yaml, with the shipped feeds (importers/shipped/) under
/// `feeds:`. Origins are `defaults:LINE:COLUMN` and `importers/shipped/FILE:LINE:COLUMN`.
[[nodiscard]] Value defaults();

struct ShippedFeed {
    std::string name;
    std::string file;  ///< `importers/shipped/visa.yaml`
    std::string about; ///< the file's opening comment, as one line
    /// The declaration as it is written, with its comments, under `feeds:`: a configuration file of
    /// its own.
    std::string text;
};
/// In the order in which they are imported.
[[nodiscard]] const std::vector<ShippedFeed>& shipped_feeds();
/// Null when no shipped feed has that name.
[[nodiscard]] const ShippedFeed* find_shipped_feed(std::string_view name);

/// What a key means. A word in capitals in `path` stands for any name (`feeds.NAME.source.queue`),
/// `[]` for an item of a list (`alerts.inhibit[].source`).
struct Explanation {
    std::string path;
    std::string default_text; ///< as YAML on one line; empty: none
    std::string help;
};
/// The explanations of `path` and of all keys below it, in the order of the files: keys of the
/// defaults, then keys of list items. `feeds`, `feeds.visa-auth` and `feeds.visa-auth.source` all
/// find keys of feeds; an empty path finds everything. Empty when there is no such key.
[[nodiscard]] std::vector<Explanation> explain(std::string_view path);

} // namespace harmonia::config
