// The transact API: `POST /transact` of the 2018 orders service and its fraud service's route. A
// request's row is committed before it is answered; the verdict is that of `screen --follow`, which
// a request waits for, but not long. Without authentication, for the operator's own network
// (docs/reference/orders.md).
#include "core/base/error.hpp"
#include "importers/feed/feed.hpp"
#include "importers/json/json_paths.hpp"
#include "jobs/serve/api.hpp"
#include "jobs/serve/transact_batch.hpp"
#include "jobs/serve/transact_wait.hpp"

#include <array>
#include <memory>

namespace harmonia::serve {
namespace {

constexpr const char* k_feed =
    "transact"; // declares how bodies are read and which rule set decides
constexpr std::size_t k_body_bytes_max = std::size_t{256} << 10; // as a message's
constexpr std::size_t k_key_bytes_max = 200;
constexpr std::chrono::milliseconds k_wait{1000};
constexpr const char* k_key_header = "idempotency-key";

std::shared_ptr<const importers::Feed> feed_of(const Setup& setup) {
    for (const auto& feed : importers::load_feeds(setup.config))
        if (feed->name == k_feed && feed->sink == importers::k_orders)
            return feed;
    throw Error(Exit::config, "the feed 'transact' of sink orders is not declared",
                "serve --api transact reads requests as that feed declares.");
}

/// Checks the form of a request only; the sink checks the values.
bool is_fraud_request(std::string_view body) {
    static const importers::JsonPaths paths = [] {
        importers::JsonPaths made;
        constexpr std::array k_required = {"transactionID", "userID", "paymentMethod", "payment",
                                           "order"};
        for (std::size_t i = 0; i < k_required.size(); ++i)
            static_cast<void>(made.add(k_required[i], i));
        return made;
    }();
    std::array<expr::Value, 5> found;
    expr::Arena arena;
    json::Document document;
    if (!paths.fetch(body, document, found, arena))
        return false;
    for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i].is_blank() || (i < 2 && found[i].text == "0"))
            return false;
    return true;
}

struct Transact {
    TransactBatcher batcher;
    VerdictWaiter waiter;

    Transact(const std::shared_ptr<const importers::Feed>& feed, const Setup& setup)
        : batcher(feed, setup.orders, setup.database),
          waiter(feed->provider, importers::feed_type_name(feed->type), setup.database) {}

    static std::string id_for(const net::Request& request) {
        const auto key = request.headers.find(k_key_header);
        const bool given = key != request.headers.end() && !key->second.empty() &&
                           key->second.size() <= k_key_bytes_max;
        return given ? id_of_key(key->second) : random_id();
    }

    net::Response transact(const net::Request& request) {
        const Taken taken = batcher.submit(request.body, id_for(request));
        if (taken.refused)
            return transact_refusal(*taken.refused);
        const Standing standing = waiter.wait(taken.transaction_id, k_wait);
        return transact_answer(standing.state,
                               transaction_number(taken.transaction_id, standing.payment_id));
    }

    net::Response fraud(const net::Request& request) {
        if (!is_fraud_request(request.body))
            return fraud_refusal();
        const Taken taken = batcher.submit(request.body, id_for(request));
        if (taken.refused)
            return fraud_refusal();
        return fraud_answer(waiter.wait(taken.transaction_id, k_wait).state);
    }
};

} // namespace

std::vector<net::Route> transact_routes(const Setup& setup) {
    const auto transact = std::make_shared<Transact>(feed_of(setup), setup);
    return {
        {"POST", "/transact",
         [transact](const net::Request& request) { return transact->transact(request); },
         k_body_bytes_max},
        {"POST", "/service/fraudpolice/api/v1/transaction/",
         [transact](const net::Request& request) { return transact->fraud(request); },
         k_body_bytes_max, true},
        {"GET", "/", [](const net::Request&) { return index_page(); }},
    };
}

} // namespace harmonia::serve
