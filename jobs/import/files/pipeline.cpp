#include "jobs/import/files/pipeline.hpp"

#include <array>
#include <utility>

namespace harmonia::importing {

void Piece::clear() {
    block->clear();
    rejects.clear();
    reject_bytes = 0;
    warned = 0;
    counts = {};
}

namespace {

std::array<Piece, 2> empty_pieces(importers::SinkSession& session) {
    std::array<Piece, 2> pieces;
    for (Piece& piece : pieces)
        piece.block = session.new_block();
    return pieces;
}

} // namespace

Pipeline::Pipeline(importers::SinkSession& session, std::function<bool(Piece&)> fill)
    : pieces_(empty_pieces(session), [fill = std::move(fill)](Piece& piece) {
          piece.clear();
          return fill(piece);
      }) {}

} // namespace harmonia::importing
