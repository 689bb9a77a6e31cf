// Reading a Result, by name (Row) and by position.
#include "core/db/result.hpp"

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/db/array.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

#include <charconv>

namespace harmonia::db {
namespace {

pqxx::field field_at(const ResultData& data, std::size_t row, std::size_t column) {
    return data
        .rows[static_cast<pqxx::result_size_type>(row)][static_cast<pqxx::row_size_type>(column)];
}

std::string_view text_at(const ResultData& data, std::size_t row, std::size_t column) {
    const pqxx::field field = field_at(data, row, column);
    return {field.c_str(), field.size()}; // the bytes belong to `data`, not to the field object
}

[[noreturn]] void unreadable(std::string_view column, std::string_view what) {
    throw Error(Exit::internal, fmt::format("column {} of a result is not {}", column, what));
}

std::int64_t integer_of(std::string_view text, std::string_view column) {
    const auto value = parse_int(text);
    if (!value)
        unreadable(column, "an integer");
    return *value;
}

bool boolean_of(std::string_view text, std::string_view column) {
    if (text != "t" && text != "f")
        unreadable(column, "a boolean");
    return text == "t";
}

template <typename T>
T real_of(std::string_view text, std::string_view column) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        unreadable(column, "a number");
    return value;
}

[[noreturn]] void unknown_column(std::string_view name) {
    throw Error(Exit::internal, fmt::format("a result has no column {}", name));
}

} // namespace

std::size_t Row::find(std::string_view column) const {
    const auto& names = data_->names;
    for (std::size_t looked = 0, at = last_; looked < names.size(); ++looked, ++at) {
        if (at >= names.size())
            at = 0;
        if (names[at] == column) {
            last_ = at;
            return at;
        }
    }
    unknown_column(column);
}

// Only an empty text can be null, so that the server's flag is rarely asked for.
bool Row::null_at(std::size_t column, std::string_view text) const {
    return text.empty() && field_at(*data_, row_, column).is_null();
}

std::string_view Row::text(std::string_view column) const {
    return text_at(*data_, row_, find(column));
}

std::optional<std::string> Row::optional_text(std::string_view column) const {
    const std::size_t at = find(column);
    const std::string_view value = text_at(*data_, row_, at);
    if (null_at(at, value))
        return std::nullopt;
    return std::string(value);
}

std::int64_t Row::integer(std::string_view column) const {
    return integer_of(text(column), column);
}

bool Row::boolean(std::string_view column) const {
    return boolean_of(text(column), column);
}

Instant Row::instant(std::string_view column) const {
    return instant_from(text(column));
}

Date Row::date(std::string_view column) const {
    return date_from(text(column));
}

double Row::real(std::string_view column) const {
    return real_of<double>(text(column), column);
}

float Row::single(std::string_view column) const {
    return real_of<float>(text(column), column);
}

// An empty text of these types is null.
std::optional<std::int64_t> Row::optional_integer(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::nullopt : std::optional(integer_of(value, column));
}

std::optional<bool> Row::optional_boolean(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::nullopt : std::optional(boolean_of(value, column));
}

std::optional<Instant> Row::optional_instant(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::nullopt : std::optional(instant_from(value));
}

std::optional<Date> Row::optional_date(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::nullopt : std::optional(date_from(value));
}

std::optional<double> Row::optional_real(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::nullopt : std::optional(real_of<double>(value, column));
}

std::vector<std::string> Row::texts(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::vector<std::string>() : texts_from(value);
}

std::vector<std::int64_t> Row::integers(std::string_view column) const {
    const std::string_view value = text(column);
    return value.empty() ? std::vector<std::int64_t>() : integers_from(value);
}

std::string Row::bytes(std::string_view column) const {
    const std::string_view value = text(column);
    if (value.empty())
        return {};
    if (!value.starts_with("\\x"))
        unreadable(column, "bytes");
    return unhex(value.substr(2));
}

bool Row::is_null(std::string_view column) const {
    return field_at(*data_, row_, find(column)).is_null();
}

std::size_t Result::size() const {
    return data_ ? data_->rows.size() : 0;
}

std::size_t Result::affected() const {
    return data_ ? data_->rows.affected_rows() : 0;
}

std::size_t Result::columns() const {
    return data_ ? data_->names.size() : 0;
}

std::string_view Result::column_name(std::size_t column) const {
    HARMONIA_CHECK(column < columns());
    return data_->names[column];
}

Row Result::row(std::size_t row) const {
    HARMONIA_CHECK(row < size());
    return {data_, row};
}

Row Result::only() const {
    if (size() != 1)
        throw Error(Exit::internal, fmt::format("a result has {} rows instead of one", size()));
    return {data_, 0};
}

std::optional<Row> Result::optional_row() const {
    return empty() ? std::nullopt : std::optional(only());
}

bool Result::is_null(std::size_t row, std::size_t column) const {
    HARMONIA_CHECK(row < size() && column < columns());
    return field_at(*data_, row, column).is_null();
}

std::string_view Result::text(std::size_t row, std::size_t column) const {
    HARMONIA_CHECK(row < size() && column < columns());
    return text_at(*data_, row, column);
}

std::optional<std::string> Result::optional_text(std::size_t row, std::size_t column) const {
    if (is_null(row, column))
        return std::nullopt;
    return std::string(text(row, column));
}

std::int64_t Result::integer(std::size_t row, std::size_t column) const {
    return integer_of(text(row, column), column_name(column));
}

bool Result::boolean(std::size_t row, std::size_t column) const {
    return boolean_of(text(row, column), column_name(column));
}

std::size_t Result::column(std::string_view name) const {
    for (std::size_t i = 0; i < columns(); ++i)
        if (column_name(i) == name)
            return i;
    unknown_column(name);
}

} // namespace harmonia::db
