#include "core/base/error.hpp"
#include "jobs/import/files/pipeline.hpp"
#include "tests/support/catch.hpp"

#include <atomic>

using namespace harmonia;
using namespace harmonia::importing;

namespace {

struct NoBlock : importers::Block {
    std::size_t rows() const override { return 0; }
    std::size_t bytes() const override { return 0; }
    void clear() override {}
};

struct NoSession : importers::SessionOf<NoSession, NoBlock> {
    Expected<importers::Added> take(NoBlock&, const importers::Place&, std::string_view,
                                    std::span<const expr::Value>, importers::OccurrenceCounter&) {
        return importers::Added::kept;
    }
    importers::BlockCounts store(db::Transaction&, NoBlock&, std::int64_t) { return {}; }
    std::uint64_t waiting(db::Transaction&) override { return 0; }
};

} // namespace

TEST_CASE("pieces come in order, cleared, and never while they are being filled") {
    NoSession session;
    std::atomic<int> filled = 0;
    Pipeline pipeline(session, [&](Piece& piece) {
        if (piece.counts.read != 0 || filled == 50)
            return false;
        piece.records_done = static_cast<std::uint64_t>(++filled);
        piece.counts.read = 1;
        return true;
    });
    std::uint64_t expected = 0;
    while (const Piece* piece = pipeline.take()) {
        CHECK(piece->records_done == ++expected);
        CHECK(static_cast<std::uint64_t>(filled) <= expected + 1);
    }
    CHECK(expected == 50);
    CHECK(pipeline.take() == nullptr);
}

TEST_CASE("what the reading side throws comes out after what was filled before") {
    NoSession session;
    int filled = 0;
    Pipeline pipeline(session, [&](Piece& piece) -> bool {
        if (++filled == 2)
            throw Error(Exit::io, "the disk is gone");
        piece.records_done = 1;
        return true;
    });
    REQUIRE(pipeline.take() != nullptr);
    CHECK_THROWS_WITH(pipeline.take(), "the disk is gone");
}

TEST_CASE("a pipeline that is given up ends its thread") {
    NoSession session;
    Pipeline pipeline(session, [](Piece&) { return true; });
    CHECK(pipeline.take() != nullptr);
}
