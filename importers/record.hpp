// What importers produce: raw records cut out of bytes, and their fields.
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

/// One record as the format cut it. Views are valid until the next record is cut.
struct RawRecord {
    std::string_view bytes;   ///< without its line end
    std::uint64_t offset = 0; ///< of its first byte in the file
    std::uint64_t next = 0;   ///< offset just after it, line end included
    std::uint64_t line = 0;   ///< first line, from 1
    /// From 1; header, trailer and lines the record selector leaves out do not count.
    std::uint64_t number = 0;
};

/// What the whole of a file says about itself, gathered while cutting.
struct Totals {
    std::uint64_t records = 0;
    std::uint64_t ignored_lines = 0; ///< headers, blank lines, lines the record selector leaves out
    bool trailer_seen = false;
    std::string trailer; ///< raw trailer record, if the format has one
};

/// Reads bytes in order from a file (or memory). One thread.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills at most `size` bytes; 0 at the end. Throws Error(io).
    virtual std::size_t read(char* into, std::size_t size) = 0;
};
/// Error(no_input | permission | io) naming the path.
[[nodiscard]] std::unique_ptr<ByteSource> open_file(const std::string& path);
[[nodiscard]] std::unique_ptr<ByteSource> over_memory(std::string_view bytes);

/// Cuts records one after the other. One thread. Memory is one buffer, bounded by the record limit.
/// A resumed import cuts again from the start: cutting is far cheaper than loading, and twins must
/// be counted from the first record anyway.
class Cutter {
public:
    virtual ~Cutter() = default;
    /// The next record into `record`; false at the end. A record that cannot be cut (a quote never
    /// closed, longer than the limit) comes as a Problem with `record` placed, and cutting goes on
    /// after it. Error(data) when the file as a whole is not of this format (a header without a
    /// used column, broken JSON around the records): it is refused.
    [[nodiscard]] virtual Expected<bool> next(RawRecord& record) = 0;
    [[nodiscard]] virtual const Totals& totals() const = 0;
    /// The column line of a delimited file, empty for others; known after the first next().
    [[nodiscard]] virtual std::string header() const { return {}; }
    /// After the end: whether the records agree with the trailer that the format declares.
    [[nodiscard]] virtual Expected<void> check() const { return {}; }
};

/// What of a record may be stored as its raw form: all of it, but for feeds that may bring card
/// data.
struct Storable {
    std::string_view text;
    bool secrets_dropped = false; ///< security codes, track or PIN data were there
};

/// Splits the records of one file. Keeps scratch memory between calls: one thread, one object.
class Splitter {
public:
    virtual ~Splitter() = default;
    /// One raw record into values, one a field, in the order of Format::fields(): text; null when
    /// absent. JSON numbers arrive as text exactly as written, true and false as booleans. Texts
    /// live in `record` or `arena`.
    [[nodiscard]] virtual Expected<void>
    split(std::string_view record, std::span<expr::Value> fields, expr::Arena& arena) = 0;
    /// Of any record, also one that split() refuses. The text lies in `record` or `arena`.
    [[nodiscard]] virtual Storable storable(std::string_view record, expr::Arena&) {
        return {record, false};
    }
};

/// One declared format (`format:` of a feed), compiled. Immutable, any thread.
class Format {
public:
    virtual ~Format() = default;
    /// Names of the fields in the order split() fills them: the used ones only.
    [[nodiscard]] virtual const std::vector<std::string>& fields() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Cutter> cut(std::unique_ptr<ByteSource> bytes) const = 0;
    /// For records of a delimited file with a header, `header` is that line; otherwise ignored.
    /// Error(data) when the header lacks a used column.
    [[nodiscard]] virtual std::unique_ptr<Splitter> splitter(std::string_view header) const = 0;
    /// One record alone (tests, single messages): a splitter made and dropped.
    [[nodiscard]] Expected<void> split(std::string_view record, std::string_view header,
                                       std::span<expr::Value> fields, expr::Arena& arena) const {
        return splitter(header)->split(record, fields, arena);
    }
};

/// Feeds whose records may bring card data name the fields that hold card numbers. Their raw forms
/// are then without them (importers/card_fields.hpp), their formats' Problems have the codes V-CSV
/// and V-JSON, and a delimited file may lack columns: their fields are null.
struct CardFields {
    std::vector<std::string> numbers;
};

/// `format:` and `fields:` of a feed. `used` are the field names that its map mentions: exactly
/// those are filled. `fields` gives positions (fixed) or other names: of a column title (delimited)
/// or of a path (JSON). Without an entry there, a used name is itself the title or the path.
/// JSON paths: `a.b.c` through objects, and `list[Key="NAME"].Value` for the first object of a list
/// whose member `Key` is the text NAME. docs/formats/ says all. Error(config) placed in the
/// declaration.
[[nodiscard]] std::shared_ptr<const Format> make_format(const config::Value& format,
                                                        const config::Value* fields,
                                                        const std::vector<std::string>& used,
                                                        const CardFields* cards = nullptr);

} // namespace harmonia::importers
