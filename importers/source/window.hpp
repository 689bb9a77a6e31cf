// A window over a byte source: the bytes not yet consumed, refilled at the end, growing only to the
// length that one record may have. And the lines in it.
#pragma once

#include "core/config/value.hpp"
#include "importers/source/record.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace harmonia::importers {

/// The longest record unless `record_bytes_max` is declared: far above any real record, far below
/// what would make a block too big.
inline constexpr std::size_t k_record_bytes_default = std::size_t{1} << 20;
inline constexpr std::size_t k_record_bytes_most = std::size_t{64} << 20;

/// One thread. Views stay valid until the next fill().
class Window {
public:
    Window(std::unique_ptr<ByteSource> source, std::size_t bytes_max);
    /// The bytes at hand, at most one more than a record may have: where a record ends does not
    /// depend on how the source delivers its bytes.
    [[nodiscard]] std::string_view view() const {
        return {data_.get() + begin_, std::min(end_ - begin_, bytes_max_ + 1)};
    }
    /// Where view() begins in the file.
    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    /// Holds more bytes than a record may have.
    [[nodiscard]] bool full() const { return end_ - begin_ > bytes_max_; }
    /// Nothing follows after view().
    [[nodiscard]] bool at_end() const { return at_end_ && !full(); }
    /// Reads more; false at the end of the source. Not when full().
    bool fill();
    /// Skips the rest of the current line, however long, without holding it.
    void skip_line();
    void consume(std::size_t bytes) {
        begin_ += bytes;
        offset_ += bytes;
    }
    /// Skips a byte order mark; only at the very beginning.
    void skip_mark();

private:
    std::unique_ptr<ByteSource> source_;
    std::unique_ptr<char[]> data_;
    std::size_t bytes_max_, capacity_, begin_ = 0, end_ = 0;
    std::uint64_t offset_ = 0;
    bool at_end_ = false;
};

/// Lines that end with LF or CR LF; a last one without a line end counts too.
class Lines {
public:
    Lines(std::unique_ptr<ByteSource> source, std::size_t bytes_max)
        : window_(std::move(source), bytes_max) {}

    struct Line {
        std::string_view text; ///< without its line end; only the beginning of a too long line
        std::uint64_t offset = 0, next = 0, number = 0;
        bool too_long = false;
    };
    /// False at the end. The view is valid until the next call.
    [[nodiscard]] bool next(Line& line);

private:
    [[nodiscard]] bool cut_long(Line& line);
    Window window_;
    std::string shown_; ///< the beginning of a line that is too long
    std::uint64_t number_ = 0;
    std::size_t pending_ = 0; ///< bytes of the line returned last, consumed by the next call
};

/// Each line that is not blank is a record.
[[nodiscard]] std::unique_ptr<RecordReader> make_line_reader(std::unique_ptr<ByteSource> bytes,
                                                             std::size_t bytes_max);

/// `record_bytes_max` of a format, read from its declaration.
[[nodiscard]] std::size_t read_record_limit(config::Reader& format);

/// The Problem of a record that is longer than the limit.
[[nodiscard]] tl::unexpected<Problem> record_too_long(std::size_t bytes_max);

/// First byte that is not UTF-8, or npos. NUL is allowed: some retailers send it for "none", and a
/// filter then skips the row (jobs/import rejects one that is kept).
[[nodiscard]] std::size_t find_bad_encoding(std::string_view record);
[[nodiscard]] Expected<void> check_encoding(std::string_view record);

} // namespace harmonia::importers
