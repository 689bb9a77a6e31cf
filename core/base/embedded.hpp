// Files compiled into the program: the default configuration and the migrations.
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

/// One entry, `config.example.yaml`: the lowest configuration layer.
std::span<const Embedded> defaults();

/// Every migration, sorted by path, hence by area and number.
std::span<const Embedded> migrations();

} // namespace embedded
} // namespace harmonia
