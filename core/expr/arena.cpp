#include "core/expr/expr.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::expr {

namespace {

constexpr std::size_t k_block_bytes = 16 * 1024; // a row's texts nearly always fit in one
constexpr std::size_t k_alignment = alignof(std::max_align_t);

} // namespace

struct Arena::State {
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size;
    };
    std::vector<Block> blocks;
    std::size_t current = 0; ///< index of the block in use
    std::size_t used = 0;    ///< of it
};

Arena::Arena() : state_(std::make_unique<State>()) {
    state_->blocks.push_back({std::make_unique<char[]>(k_block_bytes), k_block_bytes});
}

Arena::~Arena() = default;

char* Arena::allocate(std::size_t bytes) {
    State& state = *state_;
    bytes = (bytes + k_alignment - 1) / k_alignment * k_alignment;
    while (state.used + bytes > state.blocks[state.current].size) {
        ++state.current;
        state.used = 0;
        if (state.current == state.blocks.size()) {
            const std::size_t size = std::max(bytes, k_block_bytes);
            state.blocks.push_back({std::make_unique<char[]>(size), size});
        }
    }
    char* const at = state.blocks[state.current].bytes.get() + state.used;
    state.used += bytes;
    return at;
}

std::string_view Arena::copy(std::string_view text) {
    char* const at = allocate(text.size());
    if (!text.empty())
        std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
}

void Arena::reset() {
    state_->current = 0;
    state_->used = 0;
}

} // namespace harmonia::expr
