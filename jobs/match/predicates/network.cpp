// Base `network`: both rows are of one network, where the merchant's feed names it.
#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

namespace {

class SameNetwork final : public Predicate {
public:
    [[nodiscard]] Truth test(const Pair& pair) const override {
        if (pair.scheme.network.empty())
            return Truth::unknown;
        return truth(pair.scheme.network == pair.payment.network);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), pair.payment.network, pair.scheme.network);
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_ = "network";
};

} // namespace

PredicatePtr make_base_network() {
    return std::make_unique<SameNetwork>();
}

} // namespace harmonia::match
