// Bytes that arrive a few at a time, as from a slow source: what is read must not depend on it.
#pragma once

#include "importers/source/record.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::test {

class Piecewise : public importers::ByteSource {
public:
    Piecewise(std::string_view bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t got = std::min({size, rest_.size(), piece_});
        std::memcpy(into, rest_.data(), got);
        rest_.remove_prefix(got);
        return got;
    }

private:
    std::string_view rest_;
    std::size_t piece_;
};

} // namespace harmonia::test
