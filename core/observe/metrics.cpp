#include "core/observe/metrics.hpp"

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace harmonia::observe {
namespace {

constexpr std::uint64_t k_file_bytes_max =
    1 << 20; // some hundred lines; a larger file is not one of these

struct Family {
    std::string_view name, type, help;
};

constexpr auto k_families = std::to_array<Family>({
    {"harmonia_records_total", "counter", "Records by task, stage and result."},
    {"harmonia_run_last_duration_seconds", "gauge", "How long the last run took."},
    {"harmonia_run_last_success_timestamp_seconds", "gauge", "When the last good run ended."},
    {"harmonia_runs_total", "counter", "Runs by task and result."},
});

const Family* find_family(std::string_view name) {
    const auto* found = std::find_if(k_families.begin(), k_families.end(),
                                     [&](const Family& f) { return f.name == name; });
    return found == k_families.end() ? nullptr : found;
}

void require_family(const std::string& name, std::string_view type) {
    const Family* family = find_family(name);
    if (family == nullptr || family->type != type)
        throw Error(Exit::internal, fmt::format("unknown {} '{}'", type, name));
}

std::string labels_text(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        out += fmt::format("{}{}=\"", out.empty() ? "" : ",", name);
        for (const char c : value) {
            if (c == '\\' || c == '"')
                out += '\\';
            out += c == '\n' ? ' ' : c;
        }
        out += '"';
    }
    return out;
}

} // namespace

Metrics::Metrics(std::filesystem::path file) : file_(std::move(file)) {
    if (!std::filesystem::exists(file_))
        return;
    try {
        read(read_file(file_, k_file_bytes_max));
    } catch (const Error& error) {
        log::warn("the metrics start again from zero", {{"error", error.what()}});
    }
}

// Reads what write() wrote: `name{labels} value`.
void Metrics::read(const std::string& text) {
    for (const std::string_view line : split(text, '\n')) {
        const auto open = line.find('{');
        const auto close = line.rfind("} ");
        if (line.starts_with('#') || open == std::string_view::npos ||
            close == std::string_view::npos || find_family(line.substr(0, open)) == nullptr)
            continue;
        families_[std::string(line.substr(0, open))]
                 [std::string(line.substr(open + 1, close - open - 1))] =
                     std::string(line.substr(close + 2));
    }
}

void Metrics::set(const std::string& name, const Labels& labels, double value) {
    require_family(name, "gauge");
    families_[name][labels_text(labels)] = fmt::format("{}", value);
}

void Metrics::add(const std::string& name, const Labels& labels, std::uint64_t amount) {
    require_family(name, "counter");
    std::string& value = families_[name][labels_text(labels)];
    const auto before = parse_int(value).value_or(0);
    value = std::to_string(static_cast<std::uint64_t>(std::max(before, 0LL)) + amount);
}

std::string Metrics::text() const {
    std::string out;
    for (const auto& [name, samples] : families_) {
        const Family* family = find_family(name);
        out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, family->help, family->type);
        for (const auto& [labels, value] : samples)
            out += fmt::format("{}{{{}}} {}\n", name, labels, value);
    }
    return out;
}

void Metrics::write() const {
    AtomicFile file(file_);
    file.write(text());
    file.commit(Failpoint::metrics_rename);
}

void write_run_metrics(const std::filesystem::path& directory, const RunEnd& end) {
    Metrics metrics(directory / fmt::format("harmonia_{}.prom", end.task));
    const Labels task{{"task", end.task}};
    if (end.success)
        metrics.set("harmonia_run_last_success_timestamp_seconds", task,
                    static_cast<double>(end.ended_at_s));
    metrics.set("harmonia_run_last_duration_seconds", task, end.duration_s);
    metrics.add("harmonia_runs_total", {{"task", end.task}, {"result", end.outcome}}, 1);
    for (const RunEnd::Records& r : end.records)
        metrics.add("harmonia_records_total",
                    {{"task", end.task}, {"stage", r.stage}, {"result", r.result}}, r.count);
    metrics.write();
}

} // namespace harmonia::observe
