#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

std::size_t width(std::string_view text) { // code points, near enough for columns
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

bool numeric(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.,-+%") == std::string_view::npos;
}

} // namespace

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20)
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
        }
    }
    return out + "\"";
}

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
    std::string out = "{";
    for (const auto& [name, count] : report.counts)
        out += fmt::format("{}{}: {}", out.size() > 1 ? ", " : "", json_quoted(name), count);
    return out + "}";
}

std::string report_json(const Context& context, const Report& report) {
    std::string out =
        fmt::format(R"({{"schema": 1, "command": {}, "run_id": {}, "outcome": "{}", "counts": {})",
                    json_quoted(context.command), json_quoted(context.run_id),
                    outcome_name(report.exit), counts_json(report));
    if (!report.data_json.empty())
        out += R"(, "data": )" + report.data_json;
    return out + "}\n";
}

std::string error_json(const Context& context, Exit exit, std::string_view message,
                       std::string_view hint) {
    return fmt::format(
        R"({{"schema": 1, "command": {}, "run_id": {}, "outcome": "{}", "counts": {{}}, )"
        R"("error": {{"exit": {}, "message": {}, "hint": {}}}}})"
        "\n",
        json_quoted(context.command), json_quoted(context.run_id), outcome_name(exit),
        static_cast<int>(exit), json_quoted(message), json_quoted(hint));
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
