// `if`: other predicates where the payment has a field than where it does not.
#include "jobs/match/predicates/predicate.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class If final : public Predicate {
public:
    If(std::vector<FieldRef> condition, PredicateList then, PredicateList otherwise)
        : condition_(std::move(condition)), then_(std::move(then)),
          otherwise_(std::move(otherwise)) {
        label_ = "if";
        for (const FieldRef& field : condition_)
            label_ += " " + field.name();
    }
    [[nodiscard]] Truth test(const Pair& pair) const override {
        return truth(all_true(chosen(pair.payment), pair));
    }
    /// The chosen branch's tests, in line: they show what the condition was.
    void report(const Pair& pair, TestSink& sink) const override {
        for (const auto& one : chosen(pair.payment))
            one->report(pair, sink);
    }
    [[nodiscard]] DateRange range(const Payment& payment) const override {
        return range_of(chosen(payment), payment);
    }
    [[nodiscard]] bool narrows() const override {
        return any_narrows(then_) && any_narrows(otherwise_);
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    [[nodiscard]] const PredicateList& chosen(const Payment& payment) const {
        const bool holds =
            std::all_of(condition_.begin(), condition_.end(),
                        [&](const FieldRef& field) { return present(field.of(payment)); });
        return holds ? then_ : otherwise_;
    }
    std::vector<FieldRef> condition_; ///< all must be present
    PredicateList then_, otherwise_;
    std::string label_;
};

} // namespace

PredicatePtr make_if(const config::Value& item, const RuleContext& context) {
    config::Reader reader(item);
    const config::Value condition = reader.required("if");
    std::vector<FieldRef> fields;
    if (condition.kind() == config::Value::Kind::scalar) {
        fields.push_back(payment_field(condition));
    } else {
        config::Reader all(condition);
        for (const config::Value& field : all.required("all").list())
            fields.push_back(payment_field(field));
        all.finish();
    }
    PredicateList then = make_predicates(reader.required("then"), context), otherwise;
    if (const auto list = reader.optional("else"))
        otherwise = make_predicates(*list, context);
    reader.finish();
    return std::make_unique<If>(std::move(fields), std::move(then), std::move(otherwise));
}

} // namespace harmonia::match
