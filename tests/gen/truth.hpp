// What must be in the database after a generated file was imported: one row a record,
// tab-separated, in the text form of PostgreSQL's COPY (\N is null), with a header line.
// docs/reference/harmonia-gen.md says what each column means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::gen {

enum class State : std::uint8_t { stored, unidentified, duplicate, rejected, skipped };
[[nodiscard]] const char* state_name(State state);

struct TruthRow {
    std::uint64_t record = 0, line = 0; ///< from 1; headers are lines but not records
    State state = State::stored;
    std::string_view code, field; ///< rejected: what ops.reject must say
    std::string_view provider, feed_type;
    std::string transaction_id;
    std::int64_t date = 0;    ///< seconds since 1970 UTC
    std::int64_t date_us = 0; ///< microseconds beside it (the 2018 messages have them)
    std::int64_t amount = 0;  ///< minor units
    std::string_view currency, payment_provider;
    std::string mid;                ///< the primary text as it stands in the record
    std::string_view identified_by; ///< identifier type that onboarded the row, or empty
    std::string identifier;         ///< and its text
    std::optional<std::string> settlement_key, card_token, first_six, last_four;
    std::string auth_code, approval_code;
    std::optional<std::int64_t> points, merchant_identifier_id;
    std::string extra_fields = "{}";
    std::string counterpart; ///< merchant's transaction id that must match, or empty

    bool keys_wanted = true; ///< false: nobody reads settlement_key, which costs a SHA-256
    void reset();            ///< all but keys_wanted to the values above, keeping memory
};

[[nodiscard]] std::string truth_header();
void append_truth(std::string& out, const TruthRow& row);

} // namespace harmonia::gen
