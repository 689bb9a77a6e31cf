#include "jobs/match/predicates/reason.hpp"

#include "core/json/writer.hpp"
#include "core/time/civil.hpp"

#include <array>
#include <charconv>

namespace harmonia::match {

void append_instant(std::string& out, std::int64_t us) {
    std::array<char, time::k_time_text_max> text;
    const std::size_t size = time::print_utc(us, text.data());
    constexpr std::string_view k_whole = ".000000Z";
    std::string_view printed(text.data(), size);
    out += '"';
    if (printed.ends_with(k_whole))
        out.append(printed.substr(0, size - k_whole.size())).append(1, 'Z');
    else
        out.append(printed);
    out += '"';
}

void ReasonWriter::comma() {
    if (out_.back() != '[' && out_.back() != '{')
        out_ += ',';
}

void ReasonWriter::number(std::int64_t value) {
    std::array<char, 24> text;
    comma();
    out_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void ReasonWriter::begin(const Payment& payment, std::int64_t amount, std::string_view currency) {
    out_ += "{\"p\":[";
    append_instant(out_, payment.date_us);
    number(amount);
    out_ += ',';
    json::append_string(out_, currency);
    out_ += ',';
    json::append_string(out_, payment.mid);
    out_ += ']';
}

void ReasonWriter::member(std::string_view name, std::int64_t value) {
    std::array<char, 24> text;
    comma();
    out_.append(1, '"').append(name).append("\":");
    out_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void ReasonWriter::member(std::string_view name, std::string_view text) {
    comma();
    out_.append(1, '"').append(name).append("\":");
    json::append_string(out_, text);
}

void ReasonWriter::open_list(std::string_view name) {
    comma();
    out_.append(1, '"').append(name).append("\":[");
}

void ReasonWriter::open_candidate(const SchemeRow& row, bool passed, std::string_view taken_by) {
    comma();
    out_ += "{\"t\":";
    json::append_string(out_, row.transaction_id);
    out_ += ",\"d\":";
    append_instant(out_, row.date_us);
    out_ += passed ? ",\"ok\":1" : ",\"ok\":0";
    if (!taken_by.empty())
        member("by", taken_by);
}

void ReasonWriter::test(std::string_view label, Truth outcome, std::string_view payment_value,
                        std::string_view scheme_value) {
    comma();
    out_ += '[';
    json::append_string(out_, label);
    out_ += outcome == Truth::yes ? ",1," : outcome == Truth::no ? ",0," : ",null,";
    json::append_string(out_, payment_value);
    out_ += ',';
    json::append_string(out_, scheme_value);
    out_ += ']';
}

void ReasonWriter::open_any(Truth outcome) {
    comma();
    out_ += outcome == Truth::yes  ? "[\"any\",1,["
            : outcome == Truth::no ? "[\"any\",0,["
                                   : "[\"any\",null,[";
}

} // namespace harmonia::match
