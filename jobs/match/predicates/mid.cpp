// Base `mid`: the payment's MID is among the merchant row's.
#include "core/base/text.hpp"
#include "jobs/match/predicates/predicate.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

/// More identifiers of one row than this are shown by their number only.
constexpr std::size_t k_mids_shown = 4;

class Mid final : public Predicate {
public:
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const auto& mids = pair.scheme.mids;
        return truth(std::find(mids.begin(), mids.end(), pair.payment.mid) != mids.end());
    }
    void report(const Pair& pair, TestSink& sink) const override {
        std::string mids;
        for (std::size_t i = 0; i < std::min(pair.scheme.mids.size(), k_mids_shown); ++i)
            mids.append(i ? " " : "").append(pair.scheme.mids[i]);
        if (pair.scheme.mids.size() > k_mids_shown)
            mids += " and " + std::to_string(pair.scheme.mids.size() - k_mids_shown) + " more";
        sink.test(label_, test(pair), pair.payment.mid, mids);
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_ = "mid";
};

} // namespace

PredicatePtr make_base_mid() {
    return std::make_unique<Mid>();
}

} // namespace harmonia::match
