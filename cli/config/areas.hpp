// What reads each section of the configuration, for `config check`.
#pragma once

#include "core/base/error.hpp"
#include "core/config/value.hpp"

#include <string>
#include <vector>

namespace harmonia::cli {

/// Everything that is wrong with a configuration.
struct Findings {
    struct Mistake {
        std::string area, message, hint;
    };
    std::vector<Mistake> mistakes;
    std::vector<std::string> warnings; ///< allowed, but probably not intended

    /// Runs `read` and keeps the Error that it throws, if any.
    template <typename Read>
    void attempt(const char* area, Read&& read) {
        try {
            read();
        } catch (const Error& error) {
            // Several areas read the feeds: a mistake in them is reported once.
            for (const auto& known : mistakes)
                if (known.message == error.what())
                    return;
            mistakes.push_back({area, error.what(), error.hint()});
        }
    }
};

/// Reads every section with the code that will use it; areas.cpp has a function for each.
[[nodiscard]] Findings check_areas(const config::Value& root);

} // namespace harmonia::cli
