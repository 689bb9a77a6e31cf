#include "tests/unit/importers/reading.hpp"

#include "core/config/config.hpp"
#include "tests/support/piecewise.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::test {
namespace {

std::string show(const std::vector<expr::Value>& fields, expr::Arena& arena) {
    std::string out;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        out += i == 0 ? "" : "|";
        out += fields[i].is_null() ? "~" : expr::print(fields[i], arena);
    }
    return out;
}

} // namespace

std::shared_ptr<const importers::Format> format_of(const std::string& yaml,
                                                   const std::vector<std::string>& used) {
    const config::Value root = config::parse(yaml, "test");
    return importers::make_format(*root.find("format"), root.find("fields"), used);
}

Read read_all(const importers::Format& format, std::string_view text, std::size_t piece) {
    Read read;
    const auto reader = format.reader(std::make_unique<Piecewise>(text, piece));
    std::unique_ptr<importers::FieldParser> parser;
    std::vector<expr::Value> fields(format.fields().size());
    expr::Arena arena;
    while (true) {
        importers::RawRecord record;
        const auto more = reader->next(record);
        if (more && !*more)
            break;
        if (parser == nullptr)
            parser = format.parser(reader->header());
        Shown shown{.fields = {},
                    .code = more ? "" : more.error().code,
                    .field = {},
                    .raw = std::string(record.bytes),
                    .offset = record.offset,
                    .next = record.next,
                    .line = record.line,
                    .number = record.number};
        arena.reset();
        if (more) {
            const auto parsed = parser->parse(record.bytes, fields, arena);
            shown.code = parsed ? "" : parsed.error().code;
            shown.field = parsed ? "" : parsed.error().field;
            shown.fields = parsed ? show(fields, arena) : "";
        }
        read.records.push_back(shown);
    }
    read.totals = reader->totals();
    read.header = reader->header();
    const auto check = reader->check();
    read.check = check ? "" : check.error().code;
    return read;
}

std::string fields_of(const std::string& yaml, const std::vector<std::string>& used,
                      std::string_view text) {
    std::string out;
    for (const Shown& shown : read_all(*format_of(yaml, used), text).records)
        out += (out.empty() ? "" : ";") + (shown.code.empty() ? shown.fields : "!" + shown.code);
    return out;
}

std::string parse_one(const std::string& yaml, const std::vector<std::string>& used,
                      std::string_view record) {
    const auto format = format_of(yaml, used);
    std::vector<expr::Value> fields(used.size());
    expr::Arena arena;
    const auto parsed = format->parse(record, {}, fields, arena);
    return parsed ? show(fields, arena) : "!" + parsed.error().code;
}

} // namespace harmonia::test
