// Files of list entries and exchange rates.
#include "core/base/text.hpp"
#include "jobs/screen/manage/lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <tuple>

namespace harmonia::screen {
namespace {

constexpr std::size_t k_file_max = 256U << 20U; // a larger list belongs into a table of its own

[[noreturn]] void reject(const std::string& path, std::size_t line, const std::string& why) {
    throw Error(Exit::data, fmt::format("{}:{}: {}", path, line, why), "The file was not loaded.");
}

std::string read_whole(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file)
            throw Error(Exit::no_input, fmt::format("cannot read {}", path));
    }
    std::ostringstream text;
    text << (path == "-" ? std::cin.rdbuf() : file.rdbuf());
    std::string all = text.str();
    if (all.size() > k_file_max)
        throw Error(Exit::data, fmt::format("{} is larger than {} bytes", path, k_file_max));
    if (const auto bad = find_bad_utf8(all); bad != std::string::npos)
        throw Error(Exit::data, fmt::format("{} is not UTF-8 at byte {}", path, bad));
    return all;
}

/// Rows of a plain CSV file: no field needs quotes.
template <typename Take>
void each_row(const std::string& path, const char* heading, Take take) {
    const std::string text = read_whole(path);
    std::size_t line = 0;
    for (std::string_view row : split(text, '\n')) {
        ++line;
        row = trim(row);
        if (row.empty() || (line == 1 && row.starts_with(heading)))
            continue;
        if (row.find('"') != std::string_view::npos)
            reject(path, line, "quotes are not supported");
        std::vector<std::string> fields;
        for (const std::string_view field : split(row, ','))
            fields.emplace_back(trim(field));
        take(line, fields);
    }
}

bool is_date(const std::string& text) {
    return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
           std::count_if(
               text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
}

bool is_rate(const std::string& text) {
    return !text.empty() && text.size() <= 30 && text.front() != '.' && text.back() != '.' &&
           text.find_first_not_of("0123456789.") == std::string::npos &&
           std::count(text.begin(), text.end(), '.') <= 1 &&
           text.find_first_not_of("0.") != std::string::npos;
}

bool is_currency(const std::string& text) {
    return text.size() == 3 &&
           std::all_of(
               text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

std::vector<ManagedEntry> read_list_file(const std::string& path) {
    std::vector<ManagedEntry> out;
    each_row(path, "value", [&](std::size_t line, std::vector<std::string>& fields) {
        if (fields.size() > 3 || fields[0].empty())
            reject(path, line, "a row must be value,reason,expires_at");
        ManagedEntry one;
        one.value = fields[0];
        one.reason = fields.size() > 1 ? fields[1] : "";
        if (fields.size() > 2 && !fields[2].empty())
            one.expires_at = fields[2];
        out.push_back(std::move(one));
    });
    return out;
}

std::vector<DayRate> read_rates_file(const std::string& path) {
    std::vector<DayRate> out;
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    each_row(path, "day", [&](std::size_t line, std::vector<std::string>& f) {
        if (f.size() != 4 || !is_date(f[0]) || !is_currency(f[1]) || !is_currency(f[2]) ||
            !is_rate(f[3]))
            reject(path, line, "a row must be day,from_currency,to_currency,rate");
        if (!seen.emplace(f[0], f[1], f[2]).second)
            reject(path, line, "duplicate day and currencies");
        out.push_back({f[0], f[1], f[2], f[3]});
    });
    return out;
}

} // namespace harmonia::screen
