// The records of one file on their way to a sink: read, parsed and mapped, one by one.
#pragma once

#include "importers/sink/sink.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::importing {

/// A bad record, as ops.reject keeps it.
struct Reject {
    importers::Place place;
    Problem problem;
    std::string raw;   ///< printable, card numbers masked, cut at k_reject_bytes_max
    bool exact = true; ///< raw is the record, byte for byte
};
/// Enough for any real record; the file at this offset has the rest.
inline constexpr std::size_t k_reject_bytes_max = 4000;

/// `raw` is what may be stored of the record, `whole` what was read.
[[nodiscard]] Reject make_reject(const importers::Place& place, Problem problem,
                                 std::string_view raw, std::string_view whole);
[[nodiscard]] inline Reject make_reject(const importers::Place& place, Problem problem,
                                        std::string_view raw) {
    return make_reject(place, std::move(problem), raw, raw);
}

/// Puts one parsed record into a block. A record whose raw form PostgreSQL cannot store (a NUL) may
/// only be skipped, never kept.
class Adder {
public:
    Adder(importers::SinkSession& session, importers::OccurrenceCounter& occurrences)
        : session_(session), occurrences_(occurrences) {}
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
    importers::OccurrenceCounter& occurrences_;
    std::unique_ptr<importers::Block> trial_; ///< made with the first such record
};

/// One thread. Its arguments must live longer. Error(data): the file is not in its format.
class Records {
public:
    Records(const importers::Format& format, importers::SinkSession& session,
            importers::OccurrenceCounter& occurrences,
            std::unique_ptr<importers::ByteSource> bytes);

    enum class Kind { end, kept, skipped, skipped_warned, rejected };
    /// The next record, into `block` if it is kept. After `rejected`, reject() says why.
    [[nodiscard]] Kind next(importers::Block& block);
    /// What may be stored of the record at hand.
    [[nodiscard]] std::string_view storable() const { return storable_.text; }
    /// Skips the next record unparsed; false at the end. It is not counted as an occurrence.
    [[nodiscard]] bool skip();
    [[nodiscard]] const importers::RawRecord& raw() const { return raw_; }
    [[nodiscard]] const Reject& reject() const { return reject_; }
    [[nodiscard]] const importers::RecordReader& reader() const { return *reader_; }

private:
    [[nodiscard]] Kind refuse(Problem problem);
    const importers::Format& format_;
    Adder adder_;
    std::unique_ptr<importers::RecordReader> reader_;
    std::unique_ptr<importers::FieldParser> parser_; ///< made when the header is known
    std::vector<expr::Value> fields_;
    expr::Arena arena_;
    importers::RawRecord raw_;
    importers::Storable storable_;
    Reject reject_;
};

} // namespace harmonia::importing
