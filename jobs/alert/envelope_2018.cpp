#include "jobs/alert/envelope_2018.hpp"

#include "core/base/text.hpp"
#include "core/base/uuid.hpp"
#include "core/card/pan.hpp"
#include "core/observe/redact_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

using Json = nlohmann::json;

// The name space of alerts known by their content: made once, at random, and never changed.
constexpr const char* k_name_space = "1f0c6a52-94f3-4c05-8a39-6d2b7e5c0d14";
constexpr std::int64_t k_ms_max = 32'503'680'000'000; // the year 3000: more is no time in ms
constexpr std::size_t k_types_max = 16;
constexpr std::size_t k_label_max = 64;
constexpr const char* k_channels[] = {"email", "sms"};

const Json& member(const Json& value, const char* name) {
    static const Json k_absent;
    const auto found = value.is_object() ? value.find(name) : value.end();
    return value.is_object() && found != value.end() ? *found : k_absent;
}

/// A text as it is, a number as it was written; empty for anything else.
std::string text_of(const Json& value) {
    if (value.is_string())
        return value.get<std::string>();
    return value.is_number() ? value.dump() : std::string();
}

/// Types that nobody knows are left out, as the original did; it then told nobody, we tell all.
Expected<std::vector<std::string>> hints_of(const Json& types) {
    if (!types.is_array() || types.size() > k_types_max)
        return bad_alert("message.alertTypes", "is no list of at most 16");
    std::vector<std::string> hints;
    for (const char* channel : k_channels)
        if (std::find(types.begin(), types.end(), channel) != types.end())
            hints.emplace_back(channel);
    return hints;
}

std::int64_t time_of(const Json& transaction, std::int64_t otherwise) {
    for (const char* name : {"transactionEndTime", "transactionStartTime"}) {
        const Json& ms = member(transaction, name);
        if (ms.is_number_unsigned() && ms <= k_ms_max && ms > 0)
            return ms.get<std::int64_t>() * 1000;
    }
    return otherwise;
}

/// What is kept of a transaction. Its card number goes no further than here.
class Transaction {
public:
    Transaction(Json given, const EnvelopeContext& context) : given_(std::move(given)) {
        drop_secrets(given_);
        card::Pan pan;
        const std::string number = text_of(member(member(given_, "payment"), "card"));
        if (pan.read(number)) {
            label = card::card_label(context.keys().hash(pan.digits()).hmac);
            observe::redact_json(given_, pan.digits());
            given_["payment"]["card"] = card::masked(pan.digits());
        } else {
            observe::redact_json(given_);
        }
    }

    /// The names that our own verdicts use too, so that a template serves both.
    [[nodiscard]] Json details() const {
        const Json& payment = member(given_, "payment");
        return {{"transactionID", member(given_, "transactionID")},
                {"userID", member(given_, "userID")},
                {"order", member(given_, "order")},
                {"payment", payment},
                {"method", member(given_, "paymentMethod")},
                {"card", member(payment, "card")},
                {"amount", member(payment, "amount")},
                {"currency", member(payment, "currency")}};
    }
    [[nodiscard]] std::string summary() const {
        const Json& payment = member(given_, "payment");
        return fmt::format("declined {} {} {} by {}", text_of(member(given_, "transactionID")),
                           text_of(member(payment, "amount")), text_of(member(payment, "currency")),
                           text_of(member(given_, "paymentMethod")));
    }
    [[nodiscard]] std::string id() const { return text_of(member(given_, "transactionID")); }

    std::string label; ///< of the card; empty: it names none that is whole

private:
    Json given_;
};

} // namespace

Expected<observe::AlertEvent> read_2018(Json body, const EnvelopeContext& context) {
    const Json& message = member(body, "message");
    auto hints = hints_of(member(message, "alertTypes"));
    if (!hints)
        return tl::make_unexpected(std::move(hints.error()));
    const Json& given = member(member(message, "message"), "Transaction");
    if (!given.is_object())
        return bad_alert("message.message.Transaction", "is no object");
    const std::int64_t at_us = time_of(given, context.received_us);
    const Transaction transaction(given, context);
    observe::AlertEvent event;
    event.kind = "fraud.verdict";
    event.severity = "critical";
    event.at_us = at_us;
    event.hints = std::move(*hints);
    event.labels = {{"kind", event.kind}, {"outcome", "declined"}};
    if (!transaction.label.empty())
        event.labels["card"] = transaction.label;
    else if (!transaction.id().empty()) // without a card nothing else tells it from others
        event.labels["transaction"] = printable(transaction.id(), k_label_max);
    event.summary = transaction.summary();
    event.details = transaction.details().dump();
    if (event.details.size() > observe::k_alert_json_max)
        return bad_alert("message.message.Transaction", "is longer than 64 KiB");
    // Of what is stored, not of the body: a digest of a card number could be searched.
    const Json known = {event.details, event.labels, event.hints};
    event.id = print_uuid(uuid_v5(*parse_uuid(k_name_space), known.dump()));
    return event;
}

} // namespace harmonia::alert
