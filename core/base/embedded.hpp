// Files compiled into the program: the default configuration, the shipped feeds and the migrations.
#pragma once

#include <span>
#include <string_view>

namespace harmonia {

struct Embedded {
    std::string_view
        path; ///< relative to the repository, for instance `migrations/ops/0001_base.sql`
    std::string_view text;
};

namespace embedded {

/// One entry, `config.example.yaml`: the lowest configuration layer, without the shipped feeds.
std::span<const Embedded> defaults();

/// The shipped feeds, `importers/shipped/*.yaml`, in the order in which they are imported.
std::span<const Embedded> shipped();

/// One entry, `core/config/explained.yaml`: keys of list items and of named sections.
std::span<const Embedded> explained();

/// Every migration, sorted by path, hence by area and number.
std::span<const Embedded> migrations();

} // namespace embedded
} // namespace harmonia
