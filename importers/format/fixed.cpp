// The format `fixed`: fields at fixed positions of a line, and a trailer with totals.
#include "core/base/text.hpp"
#include "importers/format/formats.hpp"
#include "importers/source/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace harmonia::importers {
namespace {

struct Span {
    std::size_t at = 0, len = 0;
    [[nodiscard]] std::size_t end() const { return at + len; }
    /// Empty text when the line is too short.
    [[nodiscard]] std::string_view of(std::string_view line) const {
        return line.size() < end() ? std::string_view{} : line.substr(at, len);
    }
};

/// Selects lines with a certain text at a certain position.
struct Selector {
    Span span;
    std::string equals;
    [[nodiscard]] bool chooses(std::string_view line) const { return span.of(line) == equals; }
};

struct Trailer {
    Selector selector;
    std::optional<Span> records; ///< where it says how many records there are
    std::optional<Span> sum;     ///< where it says the sum of `sum_of`
    Span sum_of;
    std::string sum_field;
};

struct Layout {
    std::size_t skip_lines = 0, bytes_max = k_record_bytes_default;
    bool trim = true;
    std::optional<Selector> record;
    std::optional<Trailer> trailer;
};

class FixedReader : public RecordReader {
public:
    FixedReader(std::unique_ptr<ByteSource> bytes, const Layout& layout)
        : lines_(std::move(bytes), layout.bytes_max), layout_(layout) {}

    Expected<bool> next(RawRecord& record) override {
        Lines::Line line;
        while (lines_.next(line)) {
            if (line.number <= layout_.skip_lines || !chosen(line)) {
                ++totals_.ignored_lines;
                continue;
            }
            record = {line.text, line.offset, line.next, line.number, ++totals_.records};
            if (line.too_long)
                return record_too_long(layout_.bytes_max);
            if (layout_.trailer && layout_.trailer->sum)
                add_up(line.text);
            return true;
        }
        return false;
    }
    const Totals& totals() const override { return totals_; }

    Expected<void> check() const override {
        if (!layout_.trailer)
            return {};
        const Trailer& trailer = *layout_.trailer;
        if (!totals_.trailer_seen)
            return bad("trailer_missing", {}, "the file has no trailer: it may be truncated");
        if (trailer.records) {
            const auto said = parse_int(trim(trailer.records->of(totals_.trailer)));
            if (!said || *said < 0 || static_cast<std::uint64_t>(*said) != totals_.records)
                return bad("trailer_count", {},
                           fmt::format("the trailer says '{}' records, the file has {}",
                                       trailer.records->of(totals_.trailer), totals_.records));
        }
        if (trailer.sum) {
            const auto said = parse_int(trim(trailer.sum->of(totals_.trailer)));
            if (!said || sum_overflow_ || *said != sum_)
                return bad("trailer_sum", trailer.sum_field,
                           fmt::format("the trailer says '{}', the records add up to {}",
                                       trailer.sum->of(totals_.trailer), sum_));
        }
        return {};
    }

private:
    bool chosen(const Lines::Line& line) {
        if (layout_.trailer && layout_.trailer->selector.chooses(line.text)) {
            totals_.trailer_seen = true;
            totals_.trailer.assign(line.text);
            return false;
        }
        if (layout_.record)
            return layout_.record->chooses(line.text);
        return !trim(line.text).empty();
    }
    // A record whose amount is not a number is bad and counts as 0: the totals then differ, as they
    // should.
    void add_up(std::string_view line) {
        const auto amount = parse_int(trim(layout_.trailer->sum_of.of(line)));
        if (amount && __builtin_add_overflow(sum_, *amount, &sum_))
            sum_overflow_ = true;
    }

    Lines lines_;
    const Layout& layout_; ///< of the format, which outlives its readers
    Totals totals_;
    long long sum_ = 0;
    bool sum_overflow_ = false;
};

class FixedParser : public FieldParser {
public:
    FixedParser(const std::vector<Span>& spans, const std::vector<std::string>& names, bool trim)
        : spans_(spans), names_(names), trim_(trim) {
        for (std::size_t i = 0; i < spans_.size(); ++i)
            if (spans_[i].end() > spans_[furthest_].end())
                furthest_ = i;
    }

    Expected<void> parse(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena&) override {
        if (auto encoding = check_encoding(record); !encoding)
            return encoding;
        if (!spans_.empty() && record.size() < spans_[furthest_].end())
            return bad("short_record", names_[furthest_],
                       fmt::format("{} bytes, the field ends at {}", record.size(),
                                   spans_[furthest_].end()));
        for (std::size_t i = 0; i < spans_.size(); ++i) {
            const std::string_view text = record.substr(spans_[i].at, spans_[i].len);
            if (!text.empty() &&
                (is_inside_character(text.front()) ||
                 (spans_[i].end() < record.size() && is_inside_character(record[spans_[i].end()]))))
                return bad("bad_encoding", names_[i],
                           "a character crosses the boundary of the field");
            fields[i] = expr::Value::of_text(trim_ ? trim(text) : text);
        }
        return {};
    }

private:
    static bool is_inside_character(char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    }
    const std::vector<Span>& spans_;
    const std::vector<std::string>& names_;
    bool trim_;
    std::size_t furthest_ = 0;
};

class FixedFormat : public Format {
public:
    explicit FixedFormat(const FormatSpec& spec);
    const std::vector<std::string>& fields() const override { return names_; }
    std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> bytes) const override {
        return std::make_unique<FixedReader>(std::move(bytes), layout_);
    }
    std::unique_ptr<FieldParser> parser(std::string_view) const override {
        return std::make_unique<FixedParser>(spans_, names_, layout_.trim);
    }

private:
    Span find(const config::Value& where, const std::string& name) const;
    void read_places(const FormatSpec& spec, const std::optional<config::Value>& widths);
    Trailer read_trailer(const config::Value& value) const;

    Layout layout_;
    std::vector<std::string> names_;
    std::vector<Span> spans_;
    std::vector<std::pair<std::string, Span>> places_; ///< every declared field
};

Span read_span(long long at, long long len, const config::Value& value) {
    if (at < 0 || len < 1 || at + len > static_cast<long long>(k_record_bytes_most))
        value.fail("a position must have an offset of at least 0 and a length of at least 1");
    return {static_cast<std::size_t>(at), static_cast<std::size_t>(len)};
}

Span read_span(const config::Value& value) {
    const auto& pair = value.list();
    if (pair.size() != 2)
        value.fail("must be [offset, length]");
    return read_span(pair[0].as_integer(), pair[1].as_integer(), value);
}

Selector read_selector(config::Reader& reader) {
    Selector selector{.span = read_span(reader.required("at").as_integer(),
                                        reader.required("len").as_integer(), reader.value()),
                      .equals = reader.required("equals").as_text()};
    if (selector.equals.size() != selector.span.len)
        reader.value().fail(
            fmt::format("equals must have {} bytes, got '{}'", selector.span.len, selector.equals));
    return selector;
}

FixedFormat::FixedFormat(const FormatSpec& spec) : names_(spec.used) {
    config::Reader reader(spec.format);
    (void)reader.required("kind");
    layout_.skip_lines = static_cast<std::size_t>(reader.integer("skip_lines", 0, 0, 1'000'000));
    layout_.bytes_max = read_record_limit(reader);
    layout_.trim = reader.boolean("trim", true);
    if (const auto record = reader.optional("record")) {
        config::Reader selector(*record);
        layout_.record = read_selector(selector);
        selector.finish();
    }
    read_places(spec, reader.optional("widths"));
    if (const auto trailer = reader.optional("trailer"))
        layout_.trailer = read_trailer(*trailer);
    reader.finish();
    for (const std::string& name : names_) {
        spans_.push_back(find(spec.fields != nullptr ? *spec.fields : spec.format, name));
        if (spans_.back().end() > layout_.bytes_max)
            spec.format.fail(fmt::format("field '{}' ends after record_bytes_max", name));
    }
}

// Positions ([offset, length]), or widths one after the other.
void FixedFormat::read_places(const FormatSpec& spec, const std::optional<config::Value>& widths) {
    if (spec.fields != nullptr)
        for (const auto& [name, value] : spec.fields->map())
            places_.emplace_back(name, read_span(value));
    if (!widths)
        return;
    if (spec.fields != nullptr)
        widths->fail("a feed must have only one of fields and widths");
    std::size_t at = 0;
    const auto add = [&](const std::string& name, const config::Value& width) {
        places_.emplace_back(name,
                             read_span(static_cast<long long>(at), width.as_integer(), width));
        at = places_.back().second.end();
    };
    if (widths->kind() == config::Value::Kind::map) {
        for (const auto& [name, width] : widths->map())
            add(name, width);
        return;
    }
    for (const auto& item : widths->list())
        if (item.kind() == config::Value::Kind::map && item.map().size() == 1)
            add(item.map()[0].first, item.map()[0].second);
        else if (item.kind() == config::Value::Kind::list && item.list().size() == 2)
            add(item.list()[0].as_text(), item.list()[1]);
        else
            item.fail("must be NAME: WIDTH");
}

Span FixedFormat::find(const config::Value& where, const std::string& name) const {
    for (const auto& [known, span] : places_)
        if (known == name)
            return span;
    std::vector<std::string> known;
    for (const auto& place : places_)
        known.push_back(place.first);
    const auto near = nearest(name, known);
    where.fail("no position is declared for field '" + name + "'",
               near ? "Did you mean '" + *near + "'?" : "");
}

Trailer FixedFormat::read_trailer(const config::Value& value) const {
    config::Reader reader(value);
    Trailer trailer;
    trailer.selector = read_selector(reader);
    if (const auto records = reader.optional("records"))
        trailer.records = read_span(*records);
    if (const auto sum = reader.optional("sum")) {
        config::Reader fields(*sum);
        trailer.sum = read_span(fields.required("place"));
        const config::Value field = fields.required("field");
        trailer.sum_field = field.as_text();
        trailer.sum_of = find(field, trailer.sum_field);
        fields.finish();
    }
    reader.finish();
    return trailer;
}

} // namespace

std::shared_ptr<const Format> make_fixed(const FormatSpec& spec) {
    return std::make_shared<FixedFormat>(spec);
}

} // namespace harmonia::importers
