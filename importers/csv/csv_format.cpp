// The format `csv` (`delimited`): its declaration, and fields by the titles of columns.
#include "core/base/digit_runs.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact.hpp"
#include "importers/csv/csv.hpp"
#include "importers/format/card_fields.hpp"
#include "importers/format/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::importers {
namespace {

constexpr std::size_t k_unused = static_cast<std::size_t>(-1);
constexpr const char* k_code = "V-CSV"; // of feeds whose records may hold card data

/// What a column holds, for feeds whose records may hold card data.
enum class Holds : std::uint8_t { anything, number, secret };

class CsvParser : public FieldParser {
public:
    CsvParser(const Dialect& dialect, std::vector<std::string> titles,
              const std::vector<std::string>& wanted, const CardFields* cards)
        : dialect_(dialect), titles_(std::move(titles)), cards_(cards != nullptr) {
        slots_.assign(titles_.size(), k_unused);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (cards_ && std::find(titles_.begin(), titles_.end(), wanted[i]) == titles_.end()) {
                lacking_.push_back(i);
                continue;
            }
            const std::size_t column = find_title(titles_, wanted[i]);
            if (slots_[column] != k_unused)
                copies_.emplace_back(slots_[column], i);
            else
                slots_[column] = i;
        }
        for (const std::string& title : titles_) {
            const auto& numbers = cards ? cards->numbers : wanted;
            const bool number = std::find(numbers.begin(), numbers.end(), title) != numbers.end();
            holds_.push_back(!cards_                    ? Holds::anything
                             : is_security_field(title) ? Holds::secret
                             : number                   ? Holds::number
                                                        : Holds::anything);
            guarded_ = guarded_ || holds_.back() != Holds::anything;
        }
    }

    Expected<void> parse(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena& arena) override {
        auto done = split_plain(record, fields, arena);
        if (!done && cards_)
            return tl::make_unexpected(coded(k_code, std::move(done.error())));
        for (const std::size_t i : lacking_)
            fields[i] = {};
        return done;
    }

    // In a record that does not fit its header a card number may be anywhere.
    Storable storable(std::string_view record, expr::Arena& arena) override {
        if (!cards_)
            return {record, false};
        scratch_.clear();
        card::Pan own;
        bool own_is_wrong = false;
        Storable out;
        Cells cells(record, dialect_);
        Cells::Cell cell;
        std::size_t column = 0, done = 0;
        for (; cells.next(cell); ++column) {
            if (column >= holds_.size() || holds_[column] == Holds::anything)
                continue;
            const auto begin = static_cast<std::size_t>(cell.text.data() - record.data());
            append_redacted(scratch_, record.substr(done, begin - done));
            if (holds_[column] == Holds::number) {
                scratch_ += shown_number(cell.text);
                own_is_wrong = own.read(cell.text) && !luhn_holds(own.digits());
            } else
                out.secrets_dropped = out.secrets_dropped || !trim(cell.text).empty();
            done = begin + cell.text.size();
        }
        append_redacted(scratch_, record.substr(done));
        // With a wrong check digit the redactor does not recognise it as a card number.
        if (own_is_wrong)
            scratch_ = card::redact(scratch_, own.digits());
        if (guarded_ && (cells.broken() || column != titles_.size()))
            scratch_ = without_digits(record);
        out.text = scratch_ == record ? record : arena.copy(scratch_);
        return out;
    }

private:
    Expected<void> split_plain(std::string_view record, std::span<expr::Value> fields,
                               expr::Arena& arena) {
        if (auto encoding = check_encoding(record); !encoding)
            return encoding;
        Cells cells(record, dialect_);
        Cells::Cell cell;
        std::size_t column = 0;
        for (; cells.next(cell); ++column) {
            if (column >= slots_.size()) {
                if (!cell.text.empty())
                    return bad("extra_column", {},
                               fmt::format("more than {} columns", slots_.size()));
            } else if (slots_[column] != k_unused) {
                const std::string_view text = unquoted(cell, dialect_.quote, arena);
                fields[slots_[column]] = expr::Value::of_text(dialect_.trim ? trim(text) : text);
            }
        }
        if (cells.broken())
            return bad("bad_quote", column < titles_.size() ? titles_[column] : "");
        if (column < slots_.size())
            return bad("short_record", titles_[column],
                       fmt::format("{} columns instead of {}", column, slots_.size()));
        for (const auto& [from, to] : copies_)
            fields[to] = fields[from];
        return {};
    }

    const Dialect& dialect_;
    std::vector<std::string> titles_;
    bool cards_, guarded_ = false;
    std::vector<Holds> holds_;         ///< of each column
    std::vector<std::size_t> lacking_; ///< fields without a column
    std::string scratch_;
    std::vector<std::size_t> slots_; ///< of each column: the field it fills
    std::vector<std::pair<std::size_t, std::size_t>> copies_; ///< two fields of one column
};

class CsvFormat : public Format {
public:
    explicit CsvFormat(const FormatSpec& spec) : names_(spec.used) {
        if (spec.cards != nullptr) {
            cards_.emplace();
            for (const std::string& name : spec.cards->numbers)
                cards_->numbers.push_back(title_of(spec, name));
        }
        for (const std::string& name : names_)
            wanted_.push_back(title_of(spec, name));
        config::Reader reader(spec.format);
        (void)reader.required("kind");
        if (const auto columns = reader.optional("columns"))
            dialect_.columns = columns->as_text_list();
        dialect_.header = reader.boolean("header", dialect_.columns.empty());
        dialect_.delimiter = read_character(reader, "delimiter", ',');
        dialect_.quote = read_character(reader, "quote", '"');
        dialect_.trim = reader.boolean("trim", false);
        dialect_.skip_lines =
            static_cast<std::size_t>(reader.integer("skip_lines", 0, 0, 1'000'000));
        dialect_.bytes_max = read_record_limit(reader);
        read_selector(reader);
        reader.finish();
        check(spec);
    }

    const std::vector<std::string>& fields() const override { return names_; }
    std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> bytes) const override {
        auto reader = make_csv_reader(std::move(bytes), dialect_);
        return cards_ ? coded_reader(std::move(reader), k_code) : std::move(reader);
    }
    std::unique_ptr<FieldParser> parser(std::string_view header) const override {
        return std::make_unique<CsvParser>(
            dialect_, dialect_.header ? read_titles(header, dialect_) : dialect_.columns, wanted_,
            cards_ ? &*cards_ : nullptr);
    }

private:
    static char read_character(config::Reader& reader, const char* key, char otherwise) {
        const auto value = reader.optional(key);
        if (!value)
            return otherwise;
        const std::string text = value->kind() == config::Value::Kind::null ? "" : value->as_text();
        if (text == "tab")
            return '\t';
        const bool quote = std::string_view(key) == "quote";
        if (quote && (text.empty() || text == "none"))
            return '\0';
        if (text.size() != 1 || text[0] == '\n' || text[0] == '\r' || text[0] == '\0')
            value->fail(fmt::format("{} must be one character", key),
                        quote ? "For no quoting at all write none." : "For a tab write tab.");
        return text[0];
    }
    void read_selector(config::Reader& reader) {
        const auto record = reader.optional("record");
        if (!record)
            return;
        config::Reader selector(*record);
        dialect_.record = Dialect::Selector{selector.required("field").as_text(),
                                            selector.required("equals").as_text()};
        selector.finish();
    }
    void check(const FormatSpec& spec) const;

    std::vector<std::string> names_;  ///< as the map calls them
    std::vector<std::string> wanted_; ///< as the file calls them
    Dialect dialect_;
    std::optional<CardFields> cards_; ///< titles
};

void CsvFormat::check(const FormatSpec& spec) const {
    if (dialect_.delimiter == dialect_.quote)
        spec.format.fail("delimiter and quote must be different characters");
    if (dialect_.header != dialect_.columns.empty())
        spec.format.fail("a csv format must have either a header or columns",
                         "Give columns: [...] for files without a header line.");
    if (dialect_.header || cards_)
        return;
    try {
        for (const std::string& title : wanted_)
            (void)find_title(dialect_.columns, title);
    } catch (const Error& error) {
        spec.format.find("columns")->fail(error.what(), error.hint());
    }
}

} // namespace

std::shared_ptr<const Format> make_csv(const FormatSpec& spec) {
    return std::make_shared<CsvFormat>(spec);
}

} // namespace harmonia::importers
