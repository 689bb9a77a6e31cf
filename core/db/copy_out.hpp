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
        [[nodiscard]] std::int64_t integer() const; ///< of a column that is one, not null
    };
    /// The next row's fields, valid until the next call; empty span at the end.
    [[nodiscard]] std::span<const Field> next();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// `text` as an SQL string literal (quotes doubled, E'' form where it holds a backslash).
[[nodiscard]] std::string quoted_literal(std::string_view text);

} // namespace harmonia::db
