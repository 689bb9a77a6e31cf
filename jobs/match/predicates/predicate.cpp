#include "jobs/match/predicates/predicate.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <array>

namespace harmonia::match {

namespace {

using Maker = PredicatePtr (*)(const config::Value&, const RuleContext&);
struct Entry {
    std::string_view name;
    Maker make;
};
struct BaseEntry {
    std::string_view name;
    PredicatePtr (*make)(); ///< null: holds by construction
};

constexpr Entry k_predicates[] = {
#define PREDICATE(name) {#name, &make_##name},
#define BASE_PREDICATE(name)
#define BASE_GIVEN(name)
#include "jobs/match/predicates/predicates.def"
#undef PREDICATE
#undef BASE_PREDICATE
#undef BASE_GIVEN
};

constexpr BaseEntry k_base[] = {
#define PREDICATE(name)
#define BASE_PREDICATE(name) {#name, &make_base_##name},
#define BASE_GIVEN(name) {#name, nullptr},
#include "jobs/match/predicates/predicates.def"
#undef PREDICATE
#undef BASE_PREDICATE
#undef BASE_GIVEN
};

template <typename Table>
[[noreturn]] void unknown(const config::Value& at, const std::string& word, const Table& table) {
    std::vector<std::string> names;
    for (const auto& entry : table)
        names.emplace_back(entry.name);
    const auto near = nearest(word, names);
    at.fail("unknown predicate '" + word + "'",
            near ? "Did you mean '" + *near + "'?" : "Known are " + join(names, ", ") + ".");
}

const Entry* find(std::string_view name) {
    const auto* at = std::find_if(std::begin(k_predicates), std::end(k_predicates),
                                  [&](const Entry& entry) { return entry.name == name; });
    return at == std::end(k_predicates) ? nullptr : at;
}

} // namespace

PredicatePtr make_predicate(const config::Value& item, const RuleContext& context) {
    if (item.kind() == config::Value::Kind::scalar) {
        if (const Entry* entry = find(item.scalar()))
            return entry->make(item, context);
        unknown(item, item.scalar(), k_predicates);
    }
    if (item.map().empty())
        item.fail("a predicate must not be empty");
    for (const auto& [key, value] : item.map())
        if (const Entry* entry = find(key))
            return entry->make(item, context);
    unknown(item, item.map().front().first, k_predicates);
}

PredicateList make_predicates(const config::Value& list, const RuleContext& context) {
    PredicateList made;
    for (const config::Value& item : list.list())
        made.push_back(make_predicate(item, context));
    return made;
}

PredicatePtr make_base_predicate(const config::Value& name) {
    for (const BaseEntry& entry : k_base)
        if (entry.name == name.scalar())
            return entry.make ? entry.make() : nullptr;
    unknown(name, name.scalar(), k_base);
}

bool all_true(const PredicateList& list, const Pair& pair) {
    return std::all_of(
        list.begin(), list.end(), [&](const auto& one) { return one->test(pair) == Truth::yes; });
}

DateRange range_of(const PredicateList& list, const Payment& payment) {
    DateRange range;
    for (const auto& one : list)
        range.narrow(one->range(payment));
    return range;
}

bool any_narrows(const PredicateList& list) {
    return std::any_of(
        list.begin(), list.end(), [](const auto& one) { return one->narrows(); });
}

bool present(std::string_view text) {
    return !trim(text).empty();
}

FieldRef FieldRef::parse(const config::Value& value) {
    struct PaymentField {
        std::string_view name;
        std::string_view Payment::*member;
    };
    struct SchemeField {
        std::string_view name;
        std::string_view SchemeRow::*member;
    };
    static constexpr PaymentField k_payment[] = {
        {"payment.auth_code", &Payment::auth_code},
        {"payment.approval_code", &Payment::approval_code},
        {"payment.first_six", &Payment::first_six},
        {"payment.last_four", &Payment::last_four},
        {"payment.card_token", &Payment::card_token},
        {"payment.settlement_key", &Payment::settlement_key},
        {"payment.transaction_id", &Payment::transaction_id},
        {"payment.mid", &Payment::mid},
        {"payment.network", &Payment::network},
        {"payment.feed_type", &Payment::feed_type},
    };
    static constexpr SchemeField k_scheme[] = {
        {"scheme.auth_code", &SchemeRow::auth_code},
        {"scheme.first_six", &SchemeRow::first_six},
        {"scheme.last_four", &SchemeRow::last_four},
        {"scheme.transaction_id", &SchemeRow::transaction_id},
        {"scheme.network", &SchemeRow::network},
    };
    FieldRef found;
    found.name_ = value.scalar();
    std::vector<std::string> names;
    for (const auto& [name, member] : k_payment) {
        if (name == found.name_)
            found.payment_ = member;
        names.emplace_back(name);
    }
    for (const auto& [name, member] : k_scheme) {
        if (name == found.name_)
            found.scheme_ = member;
        names.emplace_back(name);
    }
    if (found.payment_ == nullptr && found.scheme_ == nullptr) {
        const auto near = nearest(found.name_, names);
        value.fail("unknown field '" + found.name_ + "'",
                   near ? "Did you mean '" + *near + "'?" : "Known are " + join(names, ", ") + ".");
    }
    return found;
}

FieldRef payment_field(const config::Value& value) {
    FieldRef field = FieldRef::parse(value);
    if (!field.of_payment())
        value.fail("a condition may look at the payment only");
    return field;
}

} // namespace harmonia::match
