// From bytes to fields: sources give bytes, readers cut them into records, parsers split a record
// into fields.
#pragma once

#include "core/base/expected.hpp"
#include "core/config/value.hpp"
#include "core/expr/expr.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// One record as its reader cut it. Views are valid until the next record is read.
struct RawRecord {
    std::string_view bytes;   ///< without its line end
    std::uint64_t offset = 0; ///< of its first byte in the file
    std::uint64_t next = 0;   ///< offset just after it, including its line end
    std::uint64_t line = 0;   ///< first line, from 1
    /// From 1; headers, trailers and lines that the record selector omits do not count.
    std::uint64_t number = 0;
};

/// What is known of a file as a whole, gathered while reading.
struct Totals {
    std::uint64_t records = 0;
    std::uint64_t ignored_lines = 0; ///< headers, blank lines, lines the record selector omits
    bool trailer_seen = false;
    std::string trailer; ///< raw trailer record, if the format has one
};

/// Bytes in order from a file or memory. One thread.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills at most `size` bytes; 0 at the end. Throws Error(io).
    virtual std::size_t read(char* into, std::size_t size) = 0;
};
/// Error(no_input | permission | io) naming the path.
[[nodiscard]] std::unique_ptr<ByteSource> open_file(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteSource> over_memory(std::string_view bytes);

/// Cuts one record after the other out of a source. One thread. Memory is one buffer, bounded by
/// the record limit. A resumed import reads from the start again: cutting is far cheaper than
/// loading, and repeated records must be counted from the first one anyway.
class RecordReader {
public:
    virtual ~RecordReader() = default;
    /// The next record into `record`; false at the end. A record that cannot be read (a quote never
    /// closed, longer than the limit) is a Problem with `record` placed, and reading goes on after
    /// it. Error(data) when the file as a whole is not of this format (a header without a used
    /// column, broken JSON around the records): it is refused.
    [[nodiscard]] virtual Expected<bool> next(RawRecord& record) = 0;
    [[nodiscard]] virtual const Totals& totals() const = 0;
    /// The header line of a delimited file, empty for others; known after the first next().
    [[nodiscard]] virtual std::string header() const { return {}; }
    /// At the end: whether the records agree with the trailer that the format declares.
    [[nodiscard]] virtual Expected<void> check() const { return {}; }
};

/// The part of a record that may be stored as its raw form: all of it, except for feeds whose
/// records may hold card data.
struct Storable {
    std::string_view text;
    bool secrets_dropped = false; ///< security codes, track or PIN data were removed
};

/// Splits the records of one file into fields. Keeps scratch memory between calls: one object a
/// thread.
class FieldParser {
public:
    virtual ~FieldParser() = default;
    /// One raw record into values, one a field, in the order of Format::fields(): text, or null
    /// when absent. JSON numbers are text exactly as written, true and false are booleans. Texts
    /// live in `record` or `arena`.
    [[nodiscard]] virtual Expected<void>
    parse(std::string_view record, std::span<expr::Value> fields, expr::Arena& arena) = 0;
    /// Of any record, also one that parse() refuses. The text lives in `record` or `arena`.
    [[nodiscard]] virtual Storable storable(std::string_view record, expr::Arena&) {
        return {record, false};
    }
};

/// One declared format (`format:` of a feed), compiled. Immutable, any thread.
class Format {
public:
    virtual ~Format() = default;
    /// Names of the used fields, in the order parse() fills them.
    [[nodiscard]] virtual const std::vector<std::string>& fields() const = 0;
    [[nodiscard]] virtual std::unique_ptr<RecordReader>
    reader(std::unique_ptr<ByteSource> bytes) const = 0;
    /// For records of a delimited file with a header, `header` is that line; otherwise ignored.
    /// Error(data) when the header lacks a used column.
    [[nodiscard]] virtual std::unique_ptr<FieldParser> parser(std::string_view header) const = 0;
    /// One record alone (tests, single messages), by a parser of its own.
    [[nodiscard]] Expected<void> parse(std::string_view record, std::string_view header,
                                       std::span<expr::Value> fields, expr::Arena& arena) const {
        return parser(header)->parse(record, fields, arena);
    }
};

/// Feeds whose records may hold card data name the fields with card numbers. These are masked in
/// raw forms (importers/format/card_fields.hpp), the formats' Problems have the codes V-CSV and
/// V-JSON, and a delimited file may lack columns: their fields are null.
struct CardFields {
    std::vector<std::string> numbers;
};

/// `format:` and `fields:` of a feed. `used`: the field names that its map mentions; exactly these
/// are filled. `fields` gives positions (fixed) or other names: of a column (delimited) or of a
/// path (JSON). A used name without an entry there is itself the column or the path. JSON paths:
/// `a.b.c` through objects, and `list[Key="NAME"].Value` for the first object of an array whose
/// member `Key` is the string NAME (docs/formats/). Error(config) at its place in the declaration.
[[nodiscard]] std::shared_ptr<const Format> make_format(const config::Value& format,
                                                        const config::Value* fields,
                                                        const std::vector<std::string>& used,
                                                        const CardFields* cards = nullptr);

} // namespace harmonia::importers
