// The outputs of a map: their names in YAML and what they may hold. Longer texts are refused
// (`too_long`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace harmonia::importers {

enum class Output : std::uint8_t {
#define OUTPUT(enumerator, name, holds, length_max) enumerator,
#include "importers/map/output.def"
#undef OUTPUT
};

struct OutputKind {
    const char* name;
    enum class Holds : std::uint8_t { text, integer, instant, json } holds;
    std::size_t length_max; ///< of texts, in bytes
};

/// In the order of Output.
inline constexpr std::array k_output_kinds = {
#define OUTPUT(enumerator, name, holds, length_max)                                                \
    OutputKind{name, OutputKind::Holds::holds, length_max},
#include "importers/map/output.def"
#undef OUTPUT
};
inline constexpr std::size_t k_outputs = k_output_kinds.size();

[[nodiscard]] inline const OutputKind& kind_of(Output output) {
    return k_output_kinds[static_cast<std::size_t>(output)];
}

} // namespace harmonia::importers
