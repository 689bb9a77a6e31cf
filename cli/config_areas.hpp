// Who reads what of the configuration: `config check` asks each.
#pragma once

#include "core/base/error.hpp"
#include "core/config/value.hpp"

#include <string>
#include <vector>

namespace harmonia::cli {

/// What is wrong with a configuration, gathered.
struct Findings {
    struct Mistake {
        std::string area, message, hint;
    };
    std::vector<Mistake> mistakes;
    std::vector<std::string> warnings; ///< not wrong, but probably not meant

    /// Runs `read` and keeps the Error that it ends with, if any.
    template <typename Read>
    void attempt(const char* area, Read&& read) {
        try {
            read();
        } catch (const Error& error) {
            // Several areas read the feeds: a mistake in them is told once.
            for (const auto& known : mistakes)
                if (known.message == error.what())
                    return;
            mistakes.push_back({area, error.what(), error.hint()});
        }
    }
};

/// Reads every section by the code that will use it: one line an area in config_areas.cpp.
[[nodiscard]] Findings check_areas(const config::Value& root);

} // namespace harmonia::cli
