// The records of one file on their way to a sink: cut, split, mapped, one by one.
#pragma once

#include "importers/sink.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importing {

/// A bad record, as ops.reject keeps it.
struct Reject {
    importers::Place place;
    Problem problem;
    std::string raw;   ///< printable, card numbers masked, cut at k_reject_bytes_max
    bool exact = true; ///< raw is the record itself
};
/// Enough of any real record; the file and its offset have the rest.
inline constexpr std::size_t k_reject_bytes_max = 4000;

/// `raw` is what may be stored of the record, `whole` what was read.
[[nodiscard]] Reject make_reject(const importers::Place& place, Problem problem,
                                 std::string_view raw, std::string_view whole);
[[nodiscard]] inline Reject make_reject(const importers::Place& place, Problem problem,
                                        std::string_view raw) {
    return make_reject(place, std::move(problem), raw, raw);
}

/// Puts one split record into a block. One whose raw form PostgreSQL cannot store (a NUL) may only
/// be skipped, never kept.
class Adder {
public:
    Adder(importers::SinkSession& session, importers::Twins& twins)
        : session_(session), twins_(twins) {}
    [[nodiscard]] Expected<importers::Added> add(importers::Block& block,
                                                 const importers::Place& place,
                                                 std::string_view raw,
                                                 std::span<const expr::Value> fields);
    [[nodiscard]] Expected<importers::Added>
    add(importers::Block& block, const importers::Place& place, const broker::Delivery& message,
        std::string_view raw, std::span<const expr::Value> fields);

private:
    template <typename Give>
    [[nodiscard]] Expected<importers::Added> add_or_try(importers::Block& block,
                                                        std::string_view raw, Give give);
    importers::SinkSession& session_;
    importers::Twins& twins_;
    std::unique_ptr<importers::Block> trial_; ///< made with the first such record
};

/// One thread. What it is made from must live longer. Error(data): the file is not of its format.
class Records {
public:
    Records(const importers::Format& format, importers::SinkSession& session,
            importers::Twins& twins, std::unique_ptr<importers::ByteSource> bytes);

    enum class Kind { end, kept, skipped, skipped_warned, rejected };
    /// The next record, into `block` if it is kept. After `rejected`, reject() says why.
    [[nodiscard]] Kind next(importers::Block& block);
    /// What may be stored of the record at hand.
    [[nodiscard]] std::string_view storable() const { return storable_.text; }
    /// Only cuts the next record; false at the end. Twins are not counted.
    [[nodiscard]] bool pass();
    [[nodiscard]] const importers::RawRecord& raw() const { return raw_; }
    [[nodiscard]] const Reject& reject() const { return reject_; }
    [[nodiscard]] const importers::Cutter& cutter() const { return *cutter_; }

private:
    [[nodiscard]] Kind refuse(Problem problem);
    const importers::Format& format_;
    Adder adder_;
    std::unique_ptr<importers::Cutter> cutter_;
    std::unique_ptr<importers::Splitter> splitter_; ///< made when the header is known
    std::vector<expr::Value> fields_;
    expr::Arena arena_;
    importers::RawRecord raw_;
    importers::Storable storable_;
    Reject reject_;
};

} // namespace harmonia::importing
