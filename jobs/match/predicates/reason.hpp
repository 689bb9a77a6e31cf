// Writes a decision's reason: one compact JSON object (docs/reference/reasons.md). It names rows by
// what they are (network, transaction id), never by the database's numbers, and is read by
// `explain`.
#pragma once

#include "jobs/match/predicates/predicate.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace harmonia::match {

/// Appends an instant as a JSON string; microseconds only when there are any.
void append_instant(std::string& out, std::int64_t us);

class ReasonWriter final : public TestSink {
public:
    explicit ReasonWriter(std::string& out) : out_(out) {}

    /// Opens the object and says what the payment was.
    void begin(const Payment& payment, std::int64_t amount, std::string_view currency);
    void end() { out_ += '}'; }
    void member(std::string_view name, std::int64_t number);
    void member(std::string_view name, std::string_view text);
    void open_list(std::string_view name);
    void close_list() { out_ += ']'; }
    void number(std::int64_t value);
    /// One candidate, an object of the list that is open. `taken_by`: who has it, or "".
    void open_candidate(const SchemeRow& row, bool passed, std::string_view taken_by);
    void close_candidate() { out_ += '}'; }

    void test(std::string_view label, Truth outcome, std::string_view payment_value,
              std::string_view scheme_value) override;
    void open_any(Truth outcome) override;
    void close_any() override { out_ += "]]"; }

private:
    void comma();
    std::string& out_;
};

} // namespace harmonia::match
