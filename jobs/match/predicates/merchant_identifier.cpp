// Base `merchant_identifier`: both rows name one of the same identifiers.
#include "jobs/match/predicates/predicate.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class SameIdentifier final : public Predicate {
public:
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const auto& mine = pair.payment.identifier_ids;
        const auto& theirs = pair.scheme.identifier_ids;
        return truth(std::find_first_of(mine.begin(), mine.end(), theirs.begin(), theirs.end()) !=
                     mine.end());
    }
    /// Ids are the database's own, so the texts they stand for are shown.
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), pair.payment.mid,
                  pair.scheme.mids.empty() ? std::string_view() : pair.scheme.mids.front());
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_ = "merchant_identifier";
};

} // namespace

PredicatePtr make_base_merchant_identifier() {
    return std::make_unique<SameIdentifier>();
}

} // namespace harmonia::match
