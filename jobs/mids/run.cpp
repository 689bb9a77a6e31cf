#include "jobs/mids/run.hpp"

#include "core/base/files.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/mids/decide.hpp"
#include "jobs/mids/store.hpp"

#include <algorithm>
#include <iostream>

namespace harmonia::mids {
namespace {

// A file is held in memory; the largest known has 4 000 lines, this is room for a million.
constexpr std::uint64_t k_bytes_max = 256U << 20U;
constexpr std::size_t k_reason_max = 250;

std::string read_standard_input() {
    std::string text;
    std::string block(1U << 16U, '\0');
    while (std::cin.read(block.data(), static_cast<std::streamsize>(block.size())) ||
           std::cin.gcount() > 0) {
        text.append(block, 0, static_cast<std::size_t>(std::cin.gcount()));
        if (text.size() > k_bytes_max)
            throw Error(Exit::data, "standard input must be at most 256 MiB");
    }
    return text;
}

FileReport load_file(db::Connection& connection, const std::string& name) {
    FileReport report;
    report.file = name;
    try {
        const std::string text = name == "-" ? read_standard_input() : read_file(name, k_bytes_max);
        const auto file = parse_file(text);
        if (!file)
            throw Error(Exit::data, file.error().detail);
        const Written written = store_file(connection, *file);
        report.in_file = file->added.size();
        report.imported = written.added;
        report.deleted = written.deleted;
    } catch (const db::Failure&) {
        throw;
    } catch (const Error& error) {
        report.exit = error.exit();
        report.reason = printable(error.what(), k_reason_max);
    }
    return report;
}

} // namespace

std::vector<FileReport> load_files(db::Connection& connection,
                                   const std::vector<std::string>& files) {
    std::vector<FileReport> reports;
    for (const std::string& file : files) {
        throw_if_stopped();
        reports.push_back(load_file(connection, file));
    }
    return reports;
}

Exit exit_of(const std::vector<FileReport>& reports) {
    const auto failed = [](const FileReport& report) { return report.exit != Exit::done; };
    const auto first = std::find_if(reports.begin(), reports.end(), failed);
    if (first == reports.end())
        return Exit::done;
    return std::all_of(reports.begin(), reports.end(), failed) ? first->exit : Exit::rejected;
}

} // namespace harmonia::mids
