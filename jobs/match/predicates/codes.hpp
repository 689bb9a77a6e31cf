// The shape that auth_code and approval_code share: one text of each side, equal and not blank.
#pragma once

#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

class SameCode final : public Predicate {
public:
    SameCode(std::string label, std::string_view Payment::*payment)
        : label_(std::move(label)), payment_(payment) {}
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const std::string_view wanted = pair.payment.*payment_;
        if (!present(wanted) || !present(pair.scheme.auth_code))
            return Truth::unknown;
        return truth(wanted == pair.scheme.auth_code);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), pair.payment.*payment_, pair.scheme.auth_code);
    }
    [[nodiscard]] bool narrows() const override { return true; }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_;
    std::string_view Payment::*payment_;
};

/// A predicate that is a name alone.
inline void check_bare(const config::Value& item, std::string_view name) {
    if (item.kind() != config::Value::Kind::scalar)
        item.fail(std::string(name) + " takes no arguments: write the bare name");
}

} // namespace harmonia::match
