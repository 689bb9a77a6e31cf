// COPY (query) TO STDOUT on a read-only libpq session of its own, under a snapshot that another
// transaction exported, so that several streams see one state. Streams: memory does not grow with
// rows.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace harmonia::db {

class CopyOut {
public:
    /// `snapshot` from Transaction::export_snapshot(), or empty for an own snapshot. `query` is a
    /// SELECT without parameters; literals only through quoted_literal().
    CopyOut(const Settings& settings, const std::string& snapshot, const std::string& query);
    ~CopyOut();
    CopyOut(const CopyOut&) = delete;
    CopyOut& operator=(const CopyOut&) = delete;

    struct Field {
        std::string_view text; ///< unescaped; valid until the next call of next()
        bool null = false;
        /// Of columns of these types that are not null; anything else is a defect, and checked.
        [[nodiscard]] std::int64_t integer() const;
        [[nodiscard]] bool boolean() const;
        [[nodiscard]] Instant instant() const; ///< of timestamptz
    };
    /// The next row's fields, valid until the next call; empty span at the end.
    [[nodiscard]] std::span<const Field> next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A row of next() by the positions of db::columns() (columns.hpp).
template <typename Position>
class CopyRow {
public:
    CopyRow() = default;
    explicit CopyRow(std::span<const CopyOut::Field> fields) : fields_(fields) {}
    [[nodiscard]] bool empty() const { return fields_.empty(); } ///< the stream has ended
    const CopyOut::Field& operator[](Position column) const {
        return fields_[static_cast<std::size_t>(column)];
    }

private:
    std::span<const CopyOut::Field> fields_;
};

/// `text` as an SQL string literal (quotes doubled, E'' form where it holds a backslash).
[[nodiscard]] std::string quoted_literal(std::string_view text);

} // namespace harmonia::db
