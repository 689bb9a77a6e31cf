#include "jobs/mids/csv.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

namespace harmonia::mids {

CsvReader::CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF"))
        text_.remove_prefix(3);
}

bool CsvReader::at_line_end() const {
    return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
}

void CsvReader::skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
        ++at_;
}

void CsvReader::skip_line_end() {
    if (at_ == text_.size())
        return;
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++next_line_;
}

Expected<bool> CsvReader::next(std::vector<std::string>& fields) {
    fields.clear();
    for (skip_blanks(); at_ < text_.size() && at_line_end(); skip_blanks())
        skip_line_end();
    if (at_ == text_.size())
        return false;
    line_ = next_line_;
    while (true) {
        std::string& into = fields.emplace_back();
        if (const auto read = field(into); !read)
            return tl::unexpected(read.error());
        if (at_line_end())
            break;
        ++at_; // the comma
    }
    skip_line_end();
    return true;
}

Expected<void> CsvReader::field(std::string& into) {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '"')
        return quoted(into);
    const std::size_t begin = at_;
    while (!at_line_end() && text_[at_] != ',') {
        if (text_[at_] == '"')
            return bad("quote_inside", "",
                       fmt::format("line {}: a quote inside an unquoted field", line_));
        ++at_;
    }
    into = trim(text_.substr(begin, at_ - begin));
    return {};
}

Expected<void> CsvReader::quoted(std::string& into) {
    const std::uint64_t first = next_line_;
    for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == '"' && text_.substr(at_, 2) != "\"\"") {
            ++at_;
            skip_blanks();
            if (!at_line_end() && text_[at_] != ',')
                return bad("quote_inside", "",
                           fmt::format("line {}: text after a closing quote", next_line_));
            into = trim(into);
            return {};
        }
        if (text_[at_] == '"')
            ++at_;
        if (text_[at_] == '\n')
            ++next_line_;
        into += text_[at_];
    }
    return bad("quote_open", "", fmt::format("line {}: a quote is never closed", first));
}

} // namespace harmonia::mids
