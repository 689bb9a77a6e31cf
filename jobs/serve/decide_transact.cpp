#include "jobs/serve/decide_transact.hpp"

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace harmonia::serve {
namespace {

constexpr std::uint64_t k_id_limit = 1'000'000'000'000'000'000; // 18 digits fit every reader
constexpr std::array k_states = {"NONE", "HELD", "REVIEW", "APPROVED", "DECLINED", "VOID"};

net::Response json(int status, std::string body) {
    return {status, std::move(body), {{"Content-Type", "application/json"}}};
}

/// `number` is one already: transaction_number().
std::string status_body(const char* message, const std::string& number, int code,
                        const char* status, bool fraud) {
    json::Writer body;
    body.open('{').member("message", message).key("transactionID").raw(number);
    body.key("transactionStatus");
    body.open('{').member("code", code).member("status", status).member("fraudStatus", fraud);
    body.close('}').close('}');
    return body.take();
}

} // namespace

std::optional<Screened> screened_of(std::string_view text) {
    const auto* found = std::find(k_states.begin(), k_states.end(), text);
    if (found == k_states.end())
        return std::nullopt;
    return static_cast<Screened>(found - k_states.begin());
}

std::string transaction_number(std::string_view transaction_id, std::int64_t payment_id) {
    const bool number = parse_int(transaction_id).value_or(0) > 0 &&
                        transaction_id.front() >= '1' && transaction_id.front() <= '9';
    return number ? std::string(transaction_id) : std::to_string(payment_id);
}

std::string id_of_key(std::string_view idempotency_key) {
    Sha256 digest;
    digest.update(idempotency_key);
    const Sha256Digest hash = digest.finish();
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = value << 8U | hash[i];
    return std::to_string(1 + value % (k_id_limit - 1));
}

std::string random_id() {
    std::random_device source;
    const std::uint64_t value = std::uint64_t{source()} << 32U | source();
    return std::to_string(1 + value % (k_id_limit - 1));
}

net::Response transact_answer(Screened state, const std::string& number) {
    if (state == Screened::declined)
        return json(
            200, status_body("Something Bad Happened", number, 12, "TRANSACTION_FRAUDULENT", true));
    if (state == Screened::voided)
        return json(200, status_body("Something Bad Happened", number, 17,
                                     "TRANSACTION_PAYMENT_ERROR", false));
    if (state == Screened::held)
        return json(202,
                    status_body("Transaction Pending", number, 11, "TRANSACTION_PENDING", false));
    json::Writer body;
    body.open('{').member("message", "Transaction Successfull");
    body.key("transactionID").raw(number).close('}');
    return json(200, body.take());
}

net::Response transact_refusal(const Problem& problem) {
    const std::string reason = problem.detail.empty() ? problem.code : problem.detail;
    json::Writer body;
    body.open('{').member("message", "Bad Request");
    body.member("faults", mask_digits(printable(reason))).close('}');
    return json(400, body.take());
}

net::Response fraud_answer(Screened state) {
    const int code = state == Screened::held ? 202 : 200;
    json::Writer body;
    body.open('{').member("code", code).key("message");
    body.open('{').member("isFraud", state == Screened::declined).close('}').close('}');
    return json(code, body.take());
}

net::Response fraud_refusal() {
    return json(400, R"({"code":400,"message":{"isFraud":false}})");
}

net::Response index_page() {
    return json(200, R"({"message":"This is the Index Page","success":true})");
}

} // namespace harmonia::serve
