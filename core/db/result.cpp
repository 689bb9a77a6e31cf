#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

namespace harmonia::db {
namespace {

template <typename T>
std::string array_text(const std::vector<T>& values, void (*append)(std::string&, const T&)) {
    std::string out = "{";
    for (const T& value : values) {
        if (out.size() > 1)
            out += ',';
        append(out, value);
    }
    return out + "}";
}

void append_quoted(std::string& out, const std::string& value) {
    out += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    out += '"';
}

} // namespace

Param::Param(const std::vector<std::string>& v) : text(array_text(v, append_quoted)) {}

Param::Param(const std::vector<long long>& v)
    : text(array_text<long long>(
          v, [](std::string& out, const long long& n) { out += std::to_string(n); })) {}

std::size_t Result::size() const {
    return data_ ? data_->rows.size() : 0;
}

std::size_t Result::affected() const {
    return data_ ? data_->rows.affected_rows() : 0;
}

std::size_t Result::columns() const {
    return data_ ? data_->rows.columns() : 0;
}

std::string_view Result::column_name(std::size_t column) const {
    HARMONIA_CHECK(column < columns());
    return data_->rows.column_name(static_cast<pqxx::row_size_type>(column));
}

bool Result::is_null(std::size_t row, std::size_t column) const {
    HARMONIA_CHECK(row < size() && column < columns());
    return data_
        ->rows[static_cast<pqxx::result_size_type>(row)][static_cast<pqxx::row_size_type>(column)]
        .is_null();
}

std::string_view Result::text(std::size_t row, std::size_t column) const {
    HARMONIA_CHECK(row < size() && column < columns());
    const pqxx::field field = data_->rows[static_cast<pqxx::result_size_type>(row)]
                                         [static_cast<pqxx::row_size_type>(column)];
    return {field.c_str(), field.size()}; // the bytes belong to data_, not to the field object
}

std::optional<std::string> Result::optional_text(std::size_t row, std::size_t column) const {
    if (is_null(row, column))
        return std::nullopt;
    return std::string(text(row, column));
}

long long Result::integer(std::size_t row, std::size_t column) const {
    const auto value = parse_int(text(row, column));
    if (!value)
        throw Error(Exit::internal,
                    fmt::format("column {} of a result is not an integer", column_name(column)));
    return *value;
}

bool Result::boolean(std::size_t row, std::size_t column) const {
    const std::string_view value = text(row, column);
    if (value != "t" && value != "f")
        throw Error(Exit::internal,
                    fmt::format("column {} of a result is not a boolean", column_name(column)));
    return value == "t";
}

std::size_t Result::column(std::string_view name) const {
    for (std::size_t i = 0; i < columns(); ++i)
        if (column_name(i) == name)
            return i;
    throw Error(Exit::internal, fmt::format("no column {} in a result", name));
}

} // namespace harmonia::db
