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
    std::uint64_t next = 0;   ///< offset just after it: where a resumed import goes on
    std::uint64_t line = 0;   ///< first line, from 1
    std::uint64_t number =
        0; ///< record number, from 1; header, trailer and skipped lines do not count
};

/// What the whole of a file says about itself, gathered while cutting.
struct Totals {
    std::uint64_t records = 0;
    std::uint64_t ignored_lines = 0; ///< headers, blank lines, lines the record selector leaves out
    bool trailer_seen = false;
    std::string trailer; ///< raw trailer record, if the format has one
};

/// Reads bytes in order from a file (or memory), with one growing buffer bounded by a record's
/// limit.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills at most `size` bytes; 0 at the end. Throws Error(io).
    virtual std::size_t read(char* into, std::size_t size) = 0;
};
[[nodiscard]] std::unique_ptr<ByteSource> open_file(const std::string& path, std::uint64_t offset);
[[nodiscard]] std::unique_ptr<ByteSource> over_memory(std::string_view bytes);

/// Cuts records one after the other. One thread.
class Cutter {
public:
    virtual ~Cutter() = default;
    /// The next record into `record`; false at the end. A record that cannot be cut (a quote never
    /// closed, longer than the limit) comes as a Problem with `record` placed, and cutting goes on
    /// after it.
    [[nodiscard]] virtual Expected<bool> next(RawRecord& record) = 0;
    [[nodiscard]] virtual const Totals& totals() const = 0;
    /// The column line of a delimited file, empty for others; known after the first next().
    [[nodiscard]] virtual std::string header() const { return {}; }
};

/// One declared format (`format:` of a feed), compiled. Immutable, any thread.
class Format {
public:
    virtual ~Format() = default;
    /// Names of the fields in the order split() fills them.
    [[nodiscard]] virtual const std::vector<std::string>& fields() const = 0;
    /// `offset` > 0 resumes just after an earlier record: `header`, `line` and `number` come from
    /// there.
    struct Resume {
        std::uint64_t offset = 0, line = 0, number = 0;
        std::string header;
    };
    [[nodiscard]] virtual std::unique_ptr<Cutter> cut(std::unique_ptr<ByteSource> bytes,
                                                      const Resume& resume) const = 0;
    /// Splits one raw record into values, one a field: text, null when absent. For a record of a
    /// delimited file with a header, `header` is that line. Thread-safe; texts live in `record` or
    /// `arena`.
    [[nodiscard]] virtual Expected<void> split(std::string_view record, std::string_view header,
                                               std::span<expr::Value> fields,
                                               expr::Arena& arena) const = 0;
};

/// `format:` and `fields:` of a feed. `used` are the field names that its map mentions: a JSON
/// format fills exactly those paths. Error(config) placed in the declaration.
[[nodiscard]] std::shared_ptr<const Format> make_format(const config::Value& format,
                                                        const config::Value* fields,
                                                        const std::vector<std::string>& used);

} // namespace harmonia::importers
