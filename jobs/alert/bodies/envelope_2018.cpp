#include "jobs/alert/bodies/envelope_2018.hpp"

#include "core/base/text.hpp"
#include "core/base/uuid.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

using Json = nlohmann::json;

// The namespace of ids made from content: drawn once, at random, and never changed.
constexpr const char* k_namespace = "1f0c6a52-94f3-4c05-8a39-6d2b7e5c0d14";
constexpr std::int64_t k_ms_max = 32'503'680'000'000; // the year 3000: more is not milliseconds
constexpr std::size_t k_types_max = 16;
constexpr std::size_t k_label_max = 64;
constexpr const char* k_channels[] = {"email", "sms"};

/// Unknown types are left out, as the original did. It then notified nobody, this program all.
Expected<std::vector<std::string>> hints_of(const Json& types) {
    if (!types.is_array() || types.size() > k_types_max)
        return bad_alert("message.alertTypes", "must be an array of at most 16");
    std::vector<std::string> hints;
    for (const char* channel : k_channels)
        if (std::find(types.begin(), types.end(), channel) != types.end())
            hints.emplace_back(channel);
    return hints;
}

std::int64_t time_of(const Json& transaction, std::int64_t fallback) {
    for (const char* name : {"transactionEndTime", "transactionStartTime"}) {
        const Json& ms = member(transaction, name);
        if (ms.is_number_unsigned() && ms <= k_ms_max && ms > 0)
            return ms.get<std::int64_t>() * 1000;
    }
    return fallback;
}

/// The part of a transaction that is kept. Its card number goes no further than this class.
class Transaction {
public:
    Transaction(Json given, const EnvelopeContext& context) : given_(std::move(given)) {
        drop_secrets(given_);
        card::Pan pan;
        const std::string number = text_of(member(member(given_, "payment"), "card"));
        if (pan.read(number)) {
            label = card::card_label(context.keys().hash(pan.digits()).hmac);
            card::redact_json(given_, pan.digits());
            given_["payment"]["card"] = card::masked(pan.digits());
        } else {
            card::redact_json(given_);
        }
    }

    /// Under the names that this program's verdicts use, so that one template serves both.
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

    std::string label; ///< of the card; empty: it names no whole card number

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
        return bad_alert("message.message.Transaction", "must be an object");
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
    else if (!transaction.id().empty()) // without a card nothing else distinguishes it
        event.labels["transaction"] = printable(transaction.id(), k_label_max);
    event.summary = transaction.summary();
    event.details = transaction.details().dump();
    if (event.details.size() > observe::k_alert_json_max)
        return bad_alert("message.message.Transaction", "must be at most 64 KiB");
    // From what is stored, not from the body: the digest of a card number could be searched for.
    const Json content = {event.details, event.labels, event.hints};
    event.id = print_uuid(uuid_v5(*parse_uuid(k_namespace), content.dump()));
    return event;
}

} // namespace harmonia::alert
