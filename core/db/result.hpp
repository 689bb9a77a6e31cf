// The rows that a query gave, read by the names of their columns.
//
// A name that the result does not have, and a value that does not read as what is asked for, throw
// Error(internal): statement and reader stand side by side in the program, so it is a defect. So
// does null, except that optional_…() are empty for it, and where a function says otherwise.
#pragma once

#include "core/db/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {

struct ResultData;

/// One row of a Result. It shares the result's bytes: it may outlive the Result, and texts that it
/// returned are valid as long as either lives.
class Row {
public:
    /// The value as the server printed it; "" for null.
    [[nodiscard]] std::string_view text(std::string_view column) const;
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view column) const;
    [[nodiscard]] std::int64_t integer(std::string_view column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view column) const;
    [[nodiscard]] bool boolean(std::string_view column) const;
    [[nodiscard]] std::optional<bool> optional_boolean(std::string_view column) const;
    /// Of timestamptz.
    [[nodiscard]] Instant instant(std::string_view column) const;
    [[nodiscard]] std::optional<Instant> optional_instant(std::string_view column) const;
    /// Of date.
    [[nodiscard]] Date date(std::string_view column) const;
    [[nodiscard]] std::optional<Date> optional_date(std::string_view column) const;
    /// Of double precision, real or numeric: the nearest double.
    [[nodiscard]] double real(std::string_view column) const;
    [[nodiscard]] std::optional<double> optional_real(std::string_view column) const;
    /// Of real: the same float that the server holds.
    [[nodiscard]] float single(std::string_view column) const;
    /// Of text[] and the like, one dimension; empty for null. A null element is an error.
    [[nodiscard]] std::vector<std::string> texts(std::string_view column) const;
    /// Of smallint[], integer[], bigint[]; as texts().
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view column) const;
    /// Of bytea; empty for null.
    [[nodiscard]] std::string bytes(std::string_view column) const;
    [[nodiscard]] bool is_null(std::string_view column) const;

private:
    friend class Result;
    Row(std::shared_ptr<const ResultData> data, std::size_t row)
        : data_(std::move(data)), row_(row) {}
    [[nodiscard]] std::size_t find(std::string_view column) const;
    [[nodiscard]] bool null_at(std::size_t column, std::string_view text) const;
    std::shared_ptr<const ResultData> data_;
    std::size_t row_;
    mutable std::size_t last_ = 0; ///< where find() starts: columns are mostly read in order
};

/// Rows of a finished query; cheap to copy (shared), immutable, outlives its connection. Use:
/// `for (const db::Row row : result)`. New code reads by name; positions remain for tight loops and
/// for results whose columns the program does not know.
class Result {
public:
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] std::size_t affected() const; ///< rows changed by INSERT, UPDATE, DELETE
    [[nodiscard]] std::size_t columns() const;
    [[nodiscard]] std::string_view column_name(std::size_t column) const;

    [[nodiscard]] Row row(std::size_t row) const;
    /// The row of an answer that has exactly one; Error(internal) otherwise.
    [[nodiscard]] Row only() const;
    /// The row of an answer that has at most one; Error(internal) when there are more.
    [[nodiscard]] std::optional<Row> optional_row() const;

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Row;
        Iterator(const Result& result, std::size_t row) : result_(&result), row_(row) {}
        [[nodiscard]] Row operator*() const { return result_->row(row_); }
        Iterator& operator++() {
            ++row_;
            return *this;
        }
        [[nodiscard]] bool operator==(const Iterator& other) const { return row_ == other.row_; }

    private:
        const Result* result_;
        std::size_t row_;
    };
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;
    [[nodiscard]] std::string_view text(std::size_t row, std::size_t column) const; ///< "" for null
    [[nodiscard]] std::optional<std::string> optional_text(std::size_t row,
                                                           std::size_t column) const;
    [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
    [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const;
    /// The position of a name.
    [[nodiscard]] std::size_t column(std::string_view name) const;

private:
    friend class Transaction;
    std::shared_ptr<const ResultData> data_; ///< null: no rows
};

} // namespace harmonia::db
