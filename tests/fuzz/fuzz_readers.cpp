// Delimited, fixed-width and JSON files under any bytes: cutting ends, records keep their places in
// order and stay inside the file, and what is read does not depend on how the bytes arrive.
#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "importers/source/record.hpp"
#include "tests/support/piecewise.hpp"

#include <array>
#include <cstdint>
#include <cstring>

using namespace harmonia;

namespace {

std::shared_ptr<const importers::Format> made(const char* yaml) {
    static const std::vector<std::string> k_used{"id", "amount"};
    const config::Value root = config::parse(yaml, "fuzz");
    return importers::make_format(*root.find("format"), root.find("fields"), k_used);
}

void append_fields(std::string& out, importers::FieldParser& parser, std::string_view record,
                   std::size_t count) {
    static expr::Arena arena;
    arena.reset();
    std::vector<expr::Value> fields(count);
    const auto parsed = parser.parse(record, fields, arena);
    for (const expr::Value& value : fields)
        if (parsed)
            out.append("|").append(expr::print(value, arena));
    out += parsed ? "\n" : parsed.error().code + "\n";
}

// Every record's place, bytes and fields as one text; the refusal of the whole file too.
std::string told(const importers::Format& format, std::string_view input, std::size_t piece) {
    std::string out;
    try {
        const auto reader = format.reader(std::make_unique<test::Piecewise>(input, piece));
        std::unique_ptr<importers::FieldParser> parser;
        std::uint64_t last = 0;
        for (importers::RawRecord record;;) {
            const auto more = reader->next(record);
            if (more && !*more)
                break;
            HARMONIA_CHECK(record.offset >= last && record.next >= record.offset);
            HARMONIA_CHECK(record.next <= input.size());
            last = record.next;
            out += std::to_string(record.number) + "@" + std::to_string(record.offset) + ":";
            if (!more) {
                out += more.error().code + "\n";
                continue;
            }
            out.append(record.bytes);
            if (parser == nullptr)
                parser = format.parser(reader->header());
            append_fields(out, *parser, record.bytes, format.fields().size());
        }
        const auto check = reader->check();
        out += check ? "" : check.error().code;
    } catch (const Error& error) {
        HARMONIA_CHECK(error.exit() == Exit::data);
        out += error.what();
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::array formats = {
        made("format: {kind: csv}\n"),
        made("format: {kind: delimited, delimiter: '|', columns: [id, amount], quote: none}\n"),
        made("format: {kind: fixed, skip_lines: 1, record: {at: 0, len: 1, equals: D}}\n"
             "fields: {id: [1, 4], amount: [5, 8]}\n"),
        made("format: {kind: json}\n"), made("format: {kind: json, path: rows}\n")};
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    for (const auto& format : formats)
        HARMONIA_CHECK(told(*format, input, 65536) == told(*format, input, 3));
    return 0;
}
