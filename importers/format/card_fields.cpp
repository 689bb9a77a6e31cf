#include "importers/format/card_fields.hpp"

#include "core/base/digit_runs.hpp"
#include "core/base/text.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact.hpp"

#include <algorithm>
#include <array>

namespace harmonia::importers {
namespace {

constexpr std::array<std::string_view, 24> k_security_fields = {"cvv",
                                                                "cvv2",
                                                                "cvc",
                                                                "cvc2",
                                                                "csc",
                                                                "cvn",
                                                                "cav2",
                                                                "cid",
                                                                "cvvcode",
                                                                "cvccode",
                                                                "cardcvv",
                                                                "cardcvc",
                                                                "securitycode",
                                                                "cardsecuritycode",
                                                                "verificationcode",
                                                                "track",
                                                                "track1",
                                                                "track2",
                                                                "trackdata",
                                                                "magstripe",
                                                                "pin",
                                                                "pinblock",
                                                                "pindata",
                                                                "cardpin"};

std::string plain_name(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c >= 'A' && c <= 'Z')
            out += static_cast<char>(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
    return out;
}

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks over JSON by its strings and brackets, without requiring that it is well formed.
class JsonRedactor {
public:
    JsonRedactor(std::string_view record, const CardFields& cards) : record_(record) {
        for (const std::string& path : cards.numbers)
            numbers_.push_back(plain_name(path.substr(path.rfind('.') + 1)));
    }

    std::string run() {
        std::size_t at = 0;
        while (at < record_.size()) {
            if (record_[at] != '"') {
                ++at;
                continue;
            }
            const std::size_t end = text_end(at);
            const std::string name = plain_name(record_.substr(at + 1, end - at - 1));
            at = end;
            const std::size_t value = value_begin(end);
            if (value == std::string_view::npos)
                continue;
            at = member(name, value);
        }
        append_redacted(out_, record_.substr(done_));
        for (const std::string& number : wrong_)
            out_ = card::redact(out_, number);
        return std::move(out_);
    }
    [[nodiscard]] bool dropped() const { return dropped_; }

private:
    /// Just after the closing quote of the string that begins at `at`.
    [[nodiscard]] std::size_t text_end(std::size_t at) const {
        for (++at; at < record_.size(); ++at)
            if (record_[at] == '\\')
                ++at;
            else if (record_[at] == '"')
                return at + 1;
        return record_.size();
    }
    /// Where the value of a key begins; npos when no colon follows.
    [[nodiscard]] std::size_t value_begin(std::size_t at) const {
        const auto skip = [&] {
            while (at < record_.size() && blank(record_[at]))
                ++at;
        };
        skip();
        if (at >= record_.size() || record_[at] != ':')
            return std::string_view::npos;
        ++at;
        skip();
        return at;
    }
    [[nodiscard]] std::size_t value_end(std::size_t at) const {
        int depth = 0;
        while (at < record_.size()) {
            const char c = record_[at];
            if (c == '"') {
                at = text_end(at);
                if (depth == 0)
                    return at;
                continue;
            }
            if (c == '{' || c == '[')
                ++depth;
            else if ((c == '}' || c == ']' || c == ',') && depth == 0)
                return at;
            else if ((c == '}' || c == ']') && --depth == 0)
                return at + 1;
            ++at;
        }
        return at;
    }
    /// Writes the member's value as it may be stored; returns where to continue.
    std::size_t member(const std::string& name, std::size_t value) {
        const bool security = is_security_field(name);
        const bool number = std::find(numbers_.begin(), numbers_.end(), name) != numbers_.end();
        const bool nested =
            value < record_.size() && (record_[value] == '{' || record_[value] == '[');
        if (!security && (!number || nested))
            return value;
        const std::size_t end = value_end(value);
        const std::string_view text = record_.substr(value, end - value);
        append_redacted(out_, record_.substr(done_, value - done_));
        if (security) {
            dropped_ = dropped_ || (text != "null" && text != "\"\"");
            out_ += "null";
        } else if (text.starts_with('"')) {
            keep_wrong(text.substr(1, text.size() - 2));
            out_.append("\"").append(shown_number(text.substr(1, text.size() - 2))).append("\"");
        } else {
            keep_wrong(text);
            const std::string shown = shown_number(text);
            const bool same = shown == text;
            out_.append(same ? "" : "\"").append(shown).append(same ? "" : "\"");
        }
        done_ = end;
        return end;
    }

    /// The redactor recognises numbers by their check digit; wrong ones are recognised by their
    /// field.
    void keep_wrong(std::string_view text) {
        card::Pan pan;
        if (pan.read(text) && !luhn_holds(pan.digits()))
            wrong_.emplace_back(pan.digits());
    }

    std::string_view record_;
    std::vector<std::string> numbers_, wrong_;
    std::string out_;
    std::size_t done_ = 0;
    bool dropped_ = false;
};

class CodedReader final : public RecordReader {
public:
    CodedReader(std::unique_ptr<RecordReader> inner, const char* code)
        : inner_(std::move(inner)), code_(code) {}
    Expected<bool> next(RawRecord& record) override {
        auto more = inner_->next(record);
        if (!more)
            return tl::make_unexpected(coded(code_, std::move(more.error())));
        return more;
    }
    const Totals& totals() const override { return inner_->totals(); }
    // A file without a header line has its first record in its place.
    std::string header() const override { return mask_digits(inner_->header()); }
    Expected<void> check() const override { return inner_->check(); }

private:
    std::unique_ptr<RecordReader> inner_;
    const char* code_;
};

} // namespace

bool is_security_field(std::string_view name) {
    const std::string plain = plain_name(name);
    return std::find(k_security_fields.begin(), k_security_fields.end(), plain) !=
           k_security_fields.end();
}

std::string without_digits(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c >= '0' && c <= '9'; }, '*');
    return out;
}

std::string shown_number(std::string_view text) {
    card::Pan pan;
    return pan.read(text) ? card::masked(pan.digits()) : without_digits(text);
}

void append_redacted(std::string& out, std::string_view text) {
    if (card::shows_card(text))
        out += card::redact(text);
    else
        out += text;
}

// An escaped character may hide a name or a digit: then every digit is masked.
Storable storable_json(std::string_view record, const CardFields& cards, expr::Arena& arena) {
    if (record.find("\\u00") != std::string_view::npos)
        return {arena.copy(without_digits(record)), false};
    JsonRedactor redactor(record, cards);
    const std::string text = redactor.run();
    return {text == record ? record : arena.copy(text), redactor.dropped()};
}

Problem coded(const char* code, Problem problem) {
    std::string detail = problem.code;
    if (!problem.detail.empty())
        detail += ": " + problem.detail;
    return {code, std::move(problem.field), std::move(detail)};
}

std::unique_ptr<RecordReader> coded_reader(std::unique_ptr<RecordReader> inner, const char* code) {
    return std::make_unique<CodedReader>(std::move(inner), code);
}

} // namespace harmonia::importers
