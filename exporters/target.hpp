// One item of `exports:`: where its rows go, in which form, and what counts as delivered.
// The form of the declaration is docs/reference/exports.md.
#pragma once

#include "core/claim/ladder.hpp"
#include "core/config/value.hpp"
#include "core/net/http_client.hpp"
#include "exporters/format.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace harmonia::exporters {

/// Rows a file or request: each batch is held in memory.
inline constexpr int k_file_rows_max = 100'000;
inline constexpr int k_request_rows_max = 10'000;
inline constexpr int k_in_flight_max = 64; // a receiver that needs more needs batches

struct FileSink {
    std::string directory;
    std::string name_before, name_after; ///< around the sequence number
    int name_digits = 0;                 ///< at least this many, padded with zeros
    FileFormat format;
    [[nodiscard]] std::string file_name(std::int64_t sequence) const;
};

struct HttpSink {
    bool batch = false;
    std::string url{}, method{}, records_member{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string auth_kind{}, auth_header{}, auth_file{}; ///< kind: none, header, basic, bearer
    std::vector<std::string> success{};                  ///< `2xx` or a whole status
    claim::Ladder ladder{};
    net::HttpLimits limits{};
    JsonRecord record;
    [[nodiscard]] bool succeeded(int status) const;
};

struct QueueSink {
    std::string exchange, routing_key;
    JsonRecord record;
};

struct Target {
    std::string name;
    std::vector<std::pair<std::string, std::size_t>> required{}; ///< name, position in the row
    std::chrono::milliseconds min_age{0};
    bool age_of_purchase = true; ///< else of the export row
    int batch_size = 1;
    std::variant<FileSink, HttpSink, QueueSink> sink;

    /// Problem `missing_data` naming the first required value that is blank.
    [[nodiscard]] Expected<void> check(const Row& row) const;
};

/// All of `exports:` in order. Error(config) placed at the mistake.
[[nodiscard]] std::vector<Target> load_targets(const config::Value& root);

} // namespace harmonia::exporters
