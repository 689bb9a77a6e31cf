#include "core/db/array.hpp"

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace harmonia::db {

void ArrayText::open() {
    text_.pop_back();
    if (text_.size() > 1)
        text_ += ',';
}

void ArrayText::add_integer(std::int64_t value) {
    char digits[24];
    append({digits, std::to_chars(digits, digits + sizeof digits, value).ptr});
}

void ArrayText::append(std::string_view element) {
    open();
    text_ += element;
    text_ += '}';
}

void ArrayText::add(std::string_view text) {
    open();
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            text_ += '\\';
        text_ += c;
    }
    text_ += "\"}";
}

void ArrayText::add_bytes(std::string_view bytes) {
    open();
    text_ += "\"\\\\x";
    text_ += hex(bytes);
    text_ += "\"}";
}

ArrayReader::ArrayReader(std::string_view text) : all_(text), rest_(text) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}')
        malformed();
    rest_.remove_prefix(1);
}

void ArrayReader::malformed() const {
    throw Error(Exit::internal, fmt::format("the database's value '{}' cannot be read as an array "
                                            "of one dimension",
                                            printable(all_, 60)));
}

bool ArrayReader::next() {
    if (rest_ == "}")
        return false;
    if (!first_)
        rest_.remove_prefix(1); // the comma
    first_ = false;
    if (rest_.front() == '"')
        read_quoted();
    else
        read_bare();
    if (rest_.empty() || (rest_.front() != ',' && rest_ != "}") || rest_ == ",}")
        malformed();
    return true;
}

// Nearly all elements hold no escape: they are shown where they stand.
void ArrayReader::read_quoted() {
    null_ = false;
    rest_.remove_prefix(1);
    std::size_t at = rest_.find_first_of("\"\\");
    if (at == std::string_view::npos)
        malformed();
    element_ = rest_.substr(0, at);
    if (rest_[at] == '\\') {
        unescaped_.clear();
        for (at = 0; at < rest_.size() && rest_[at] != '"'; ++at)
            if (rest_[at] != '\\' || ++at < rest_.size())
                unescaped_ += rest_[at];
        if (at >= rest_.size())
            malformed();
        element_ = unescaped_;
    }
    rest_.remove_prefix(at + 1);
}

void ArrayReader::read_bare() {
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != ',' && rest_[end] != '}') {
        if (rest_[end] == '{' || rest_[end] == '"' || rest_[end] == '\\')
            malformed(); // such an element comes in quotes, or it is an array itself
        ++end;
    }
    if (end == 0)
        malformed();
    element_ = rest_.substr(0, end);
    null_ = element_ == "NULL"; // a text of these letters comes in quotes
    if (null_)
        element_ = {};
    rest_.remove_prefix(end);
}

std::int64_t ArrayReader::integer() const {
    const auto value = parse_int(element_);
    if (!value)
        throw Error(Exit::internal, fmt::format("an element of the database's array is not an "
                                                "integer: '{}'",
                                                printable(element_, 60)));
    return *value;
}

std::vector<std::string> texts_from(std::string_view array) {
    std::vector<std::string> texts;
    for (ArrayReader reader(array); reader.next();) {
        if (reader.is_null())
            throw Error(Exit::internal, "an element of the database's array is null");
        texts.emplace_back(reader.text());
    }
    return texts;
}

std::vector<std::int64_t> integers_from(std::string_view array) {
    std::vector<std::int64_t> integers;
    for (ArrayReader reader(array); reader.next();)
        integers.push_back(reader.integer());
    return integers;
}

} // namespace harmonia::db
