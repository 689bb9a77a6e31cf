#include "exporters/target.hpp"

#include "core/base/text.hpp"
#include "core/config/secret.hpp"
#include "core/time/zone.hpp"

#include <fmt/format.h>

#include <set>

namespace harmonia::exporters {
namespace {

constexpr int k_digits_max = 18;
constexpr std::int64_t k_hour_ms = 3'600'000;

std::string needed_text(config::Reader& reader, std::string_view key) {
    const auto value = reader.required(key);
    const auto text = value.as_text();
    if (text.empty())
        value.fail("must not be empty");
    return text;
}

std::chrono::milliseconds duration(config::Reader& reader, std::string_view key,
                                   std::chrono::milliseconds otherwise) {
    const auto value = reader.optional(key);
    if (!value)
        return otherwise;
    const auto ms = value->as_duration_ms();
    if (ms < 1 || ms > 24 * k_hour_ms)
        value->fail("must be between 1ms and 24h");
    return std::chrono::milliseconds(ms);
}

/// `iceland-{sequence:6}.csv`
void read_file_name(config::Reader& reader, FileSink& sink) {
    const auto value = reader.required("file_name");
    const auto text = value.as_text();
    const auto open = text.find("{sequence");
    const auto close = text.find('}', open);
    if (open == std::string::npos || close == std::string::npos)
        value.fail("must contain {sequence}", "Write for instance rewards-{sequence:6}.csv.");
    const auto inner = text.substr(open + 9, close - open - 9);
    if (!inner.empty()) {
        const auto digits = inner[0] == ':' ? parse_int(std::string_view(inner).substr(1))
                                            : std::optional<long long>();
        if (!digits || *digits < 1 || *digits > k_digits_max)
            value.fail("the number of digits in {sequence:N} must be between 1 and 18");
        sink.name_digits = static_cast<int>(*digits);
    }
    sink.name_before = text.substr(0, open);
    sink.name_after = text.substr(close + 1);
    if (text.find('/') != std::string::npos || text[0] == '.')
        value.fail("must be a plain file name", "The folder is `directory`.");
}

FileSink read_file(config::Reader& reader, int& batch_size) {
    batch_size = static_cast<int>(reader.integer("batch_size", 1000, 1, k_file_rows_max));
    const auto format = reader.optional("format");
    FileSink sink{needed_text(reader, "directory"), "", "", 0,
                  FileFormat(format ? &*format : nullptr, reader.required("columns"))};
    read_file_name(reader, sink);
    return sink;
}

void read_auth(config::Reader& reader, HttpSink& sink) {
    sink.auth_kind = "none";
    const auto declared = reader.optional("auth");
    if (!declared)
        return;
    config::Reader auth(*declared);
    sink.auth_kind = auth.choice("kind", {"none", "header", "basic", "bearer"}, "none");
    if (sink.auth_kind == "header")
        sink.auth_header = needed_text(auth, "name");
    if (sink.auth_kind != "none")
        sink.auth_file = config::located_secret(needed_text(auth, "file"));
    auth.finish();
}

void read_success(config::Reader& reader, HttpSink& sink) {
    sink.success = {"2xx"};
    const auto declared = reader.optional("success");
    if (!declared)
        return;
    config::Reader success(*declared);
    const auto status = success.required("status");
    sink.success = status.as_text_list();
    for (const auto& entry : sink.success) {
        const bool whole = parse_int(entry) && entry.size() == 3 && entry[0] >= '1';
        const bool family =
            entry.size() == 3 && entry[0] >= '1' && entry[0] <= '5' && entry.substr(1) == "xx";
        if (!whole && !family)
            status.fail("a status must be like 200 or 2xx, got '" + entry + "'");
    }
    success.finish();
}

claim::Rung read_rung(const config::Value& value) {
    config::Reader reader(value);
    claim::Rung rung;
    rung.times = static_cast<int>(reader.integer("times", 1, 1, 1000));
    const auto after = reader.optional("after");
    const auto at = reader.optional("at");
    if (after.has_value() == at.has_value())
        value.fail("a rung needs `after` or `at`, and not both");
    if (after)
        rung.after = std::chrono::milliseconds(after->as_duration_ms());
    if (at) {
        rung.at = at->as_text();
        const auto parts = split(rung.at, ':');
        const auto hour = parse_int(parts[0]);
        const auto minute = parts.size() == 2 ? parse_int(parts[1]) : std::optional<long long>();
        if (!hour || !minute || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59)
            at->fail("must be a time of day like \"10:00\", got '" + rung.at + "'");
        const auto zone = reader.required("zone");
        rung.zone = zone.as_text();
        if (time::Zone::find(rung.zone) == nullptr)
            zone.fail("unknown time zone '" + rung.zone + "'");
    }
    reader.finish();
    return rung;
}

claim::Ladder read_ladder(config::Reader& reader) {
    const auto declared = reader.optional("ladder");
    if (!declared)
        return {{.times = 4, .after = std::chrono::minutes(20)}};
    claim::Ladder ladder;
    for (const auto& rung : declared->list())
        ladder.push_back(read_rung(rung));
    return ladder;
}

HttpSink read_http(config::Reader& reader, int& batch_size) {
    const auto url = reader.required("url");
    HttpSink sink{.record = JsonRecord(reader.required("record"))};
    sink.url = url.as_text();
    if (!sink.url.starts_with("https://") && !sink.url.starts_with("http://"))
        url.fail("must begin with https:// or http://");
    sink.method = reader.choice("method", {"POST", "PUT"}, "POST");
    sink.batch = reader.choice("mode", {"single", "batch"}, "single") == "batch";
    batch_size = 1;
    if (sink.batch) {
        batch_size = static_cast<int>(reader.integer("batch_size", 200, 1, k_request_rows_max));
        sink.records_member = reader.text("records_member", "");
    }
    if (const auto headers = reader.optional("headers"))
        for (const auto& [name, value] : headers->map()) {
            const auto text = value.as_text();
            if ((name + text).find_first_of("\r\n") != std::string::npos)
                value.fail("a header must be a single line");
            sink.headers.emplace_back(name, text);
        }
    read_auth(reader, sink);
    read_success(reader, sink);
    sink.ladder = read_ladder(reader);
    sink.limits.in_flight =
        static_cast<std::size_t>(reader.integer("max_in_flight", 4, 1, k_in_flight_max));
    sink.limits.connect_timeout = duration(reader, "connect_timeout", sink.limits.connect_timeout);
    sink.limits.total_timeout = duration(reader, "timeout", sink.limits.total_timeout);
    return sink;
}

void read_common(config::Reader& reader, Target& target) {
    if (const auto required = reader.optional("required"))
        for (const auto& name : required->as_text_list()) {
            const auto index = row_index(name);
            if (index == std::string_view::npos)
                required->fail("unknown value '" + name + "' of a row");
            target.required.emplace_back(name, index);
        }
    if (const auto declared = reader.optional("gate")) {
        config::Reader gate(*declared);
        target.min_age = std::chrono::milliseconds(gate.required("min_age").as_duration_ms());
        target.age_of_purchase =
            gate.choice("of", {"purchase", "export"}, "purchase") == "purchase";
        gate.finish();
    }
}

Target read_target(const config::Value& value) {
    config::Reader reader(value);
    const auto name = needed_text(reader, "name");
    const auto kind = reader.required("kind");
    int batch_size = 1;
    const auto sink = [&]() -> std::variant<FileSink, HttpSink, QueueSink> {
        if (kind.as_text() == "file")
            return read_file(reader, batch_size);
        if (kind.as_text() == "http")
            return read_http(reader, batch_size);
        if (kind.as_text() == "queue")
            return QueueSink{reader.text("exchange", ""), needed_text(reader, "routing_key"),
                             JsonRecord(reader.required("record"))};
        kind.fail("unknown kind '" + kind.as_text() + "'", "An export is a file, http or queue.");
    };
    auto made = sink();
    Target target{.name = name, .batch_size = batch_size, .sink = std::move(made)};
    if (std::holds_alternative<QueueSink>(target.sink))
        target.batch_size = 1000;
    read_common(reader, target);
    reader.finish();
    return target;
}

} // namespace

std::string FileSink::file_name(std::int64_t sequence) const {
    return fmt::format("{}{:0{}}{}", name_before, sequence, name_digits, name_after);
}

bool HttpSink::succeeded(int status) const {
    const auto text = std::to_string(status);
    for (const auto& entry : success)
        if (entry == text || (entry.ends_with("xx") && entry[0] == text[0]))
            return true;
    return false;
}

Expected<void> Target::check(const Row& row) const {
    for (const auto& [value_name, index] : required)
        if (row.values[index].is_blank())
            return bad("missing_data", value_name, value_name + " is missing");
    return {};
}

std::vector<Target> load_targets(const config::Value& root) {
    std::vector<Target> targets;
    const auto* exports = root.find("exports");
    if (exports == nullptr || exports->kind() == config::Value::Kind::null)
        return targets;
    std::set<std::string> names{"outbox"}; // the command line's word for the outbox
    for (const auto& item : exports->list()) {
        targets.push_back(read_target(item));
        if (!names.insert(targets.back().name).second)
            item.fail("the name '" + targets.back().name + "' is taken");
    }
    return targets;
}

} // namespace harmonia::exporters
