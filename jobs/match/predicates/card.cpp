// `card`: first six and last four digits, of the payment or of the card holder.
#include "jobs/match/predicates/predicate.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class Card final : public Predicate {
public:
    Card(bool first, bool last, bool user, std::vector<std::string> wildcard, std::string label)
        : first_(first), last_(last), user_(user), wildcard_(std::move(wildcard)),
          label_(std::move(label)) {}

    [[nodiscard]] Truth test(const Pair& pair) const override {
        Truth result = Truth::yes;
        if (first_)
            result = both(result, compare(wanted_first(pair), pair.scheme.first_six));
        if (last_)
            result = both(result, compare(wanted_last(pair), pair.scheme.last_four));
        return result;
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), digits(wanted_first(pair), wanted_last(pair)),
                  digits(pair.scheme.first_six, pair.scheme.last_four));
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    static Truth both(Truth a, Truth b) {
        if (a == Truth::no || b == Truth::no)
            return Truth::no;
        return a == Truth::unknown ? a : b;
    }
    [[nodiscard]] Truth compare(std::string_view wanted, std::string_view found) const {
        if (std::find(wildcard_.begin(), wildcard_.end(), found) != wildcard_.end())
            return Truth::yes;
        if (!present(wanted) || !present(found))
            return Truth::unknown;
        return truth(wanted == found);
    }
    [[nodiscard]] std::string_view wanted_first(const Pair& pair) const {
        return user_ ? pair.payment.user_first_six : pair.payment.first_six;
    }
    [[nodiscard]] std::string_view wanted_last(const Pair& pair) const {
        return user_ ? pair.payment.user_last_four : pair.payment.last_four;
    }
    /// `123456/7890`, or the part that is compared.
    [[nodiscard]] std::string digits(std::string_view six, std::string_view four) const {
        std::string text;
        if (first_)
            text += six;
        if (first_ && last_)
            text += '/';
        if (last_)
            text += four;
        return text;
    }

    bool first_, last_, user_;
    std::vector<std::string> wildcard_; ///< digits of a merchant's row that stand for any card
    std::string label_;
};

} // namespace

PredicatePtr make_card(const config::Value& item, const RuleContext&) {
    config::Reader reader(item);
    (void)reader.required("card");
    const std::string part = reader.choice("card", {"first_six", "last_four", "both"}, "");
    (void)reader.required("against");
    const std::string against = reader.choice("against", {"payment", "user"}, "");
    std::vector<std::string> wildcard;
    if (const auto list = reader.optional("wildcard"))
        wildcard = list->as_text_list();
    reader.finish();
    return std::make_unique<Card>(part != "last_four", part != "first_six", against == "user",
                                  std::move(wildcard), "card " + part + " against " + against);
}

} // namespace harmonia::match
