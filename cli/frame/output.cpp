#include "cli/frame/output.hpp"

#include "core/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

std::size_t width(std::string_view text) { // code points, near enough for columns
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(),
        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool numeric(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.,-+%") == std::string_view::npos;
}

// One space after each comma and colon outside strings: a terminal wraps the line at spaces.
std::string spaced(std::string_view json) {
    std::string out;
    out.reserve(json.size() + json.size() / 8);
    bool in_string = false, escaped = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        out += c;
        if (c == '"' && !escaped)
            in_string = !in_string;
        escaped = in_string && c == '\\' && !escaped;
        const bool mark = !in_string && (c == ',' || c == ':');
        if (mark && i + 1 < json.size() && json[i + 1] != ' ')
            out += ' ';
    }
    return out;
}

void write_counts(json::Writer& writer, const Report& report) {
    writer.open('{');
    for (const auto& [name, count] : report.counts)
        writer.member(name, count);
    writer.close('}');
}

// What every object begins with: schema, command, run_id, outcome.
json::Writer begun(const Context& context, Exit exit) {
    json::Writer writer;
    writer.open('{')
        .member("schema", 1)
        .member("command", context.command)
        .member("run_id", context.run_id)
        .member("outcome", outcome_name(exit))
        .key("counts");
    return writer;
}

} // namespace

const char* outcome_name(Exit exit) {
    switch (exit) {
    case Exit::done:
        return "done";
    case Exit::rejected:
        return "rejected";
    case Exit::difference:
        return "difference";
    case Exit::data:
    case Exit::try_again:
        return "refused";
    case Exit::interrupted:
    case Exit::terminated:
        return "interrupted";
    default:
        return "failed";
    }
}

std::string counts_json(const Report& report) {
    json::Writer writer;
    write_counts(writer, report);
    return writer.take();
}

std::string report_json(const Context& context, const Report& report) {
    json::Writer writer = begun(context, report.exit);
    write_counts(writer, report);
    if (!report.data_json.empty())
        writer.key("data").raw(report.data_json);
    writer.close('}');
    return spaced(writer.take()) + "\n";
}

std::string error_json(const Context& context, Exit exit, std::string_view message,
                       std::string_view hint) {
    json::Writer writer = begun(context, exit);
    writer.open('{').close('}');
    writer.key("error")
        .open('{')
        .member("exit", static_cast<int>(exit))
        .member("message", message)
        .member("hint", hint)
        .close('}');
    writer.close('}');
    return spaced(writer.take()) + "\n";
}

std::string report_text(const Report& report) {
    if (!report.text.empty())
        return report.text.ends_with('\n') ? report.text : report.text + "\n";
    std::string out;
    for (const auto& [name, count] : report.counts)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, count);
    return out.empty() ? out : out + "\n";
}

std::string counts_text(const Report& report) {
    std::string out;
    for (const auto& [name, count] : report.counts)
        if (count != 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, name);
    return out.empty() ? "nothing to do" : out;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string pad(widths[i] - width(row[i]), ' ');
            if (i != 0)
                line += "  ";
            line += numeric(row[i]) ? pad + row[i] : row[i] + pad;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

} // namespace harmonia::cli
