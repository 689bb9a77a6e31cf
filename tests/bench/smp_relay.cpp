// The limit that the accounting authority is measured against through the broker: a relay that
// keeps no accounts. It consumes the requests, publishes for each what the authority would (the
// same kinds, sizes, headers and exchanges, with confirms), and acknowledges a request when all it
// published for it is confirmed.
//
//   bench_smp_relay          until it is ended by a signal; HARMONIA_BROKER_URL names the broker
#include "core/broker/client.hpp"
#include "core/smp/decode.hpp"
#include "core/smp/encode.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <stdexcept>

namespace {

using namespace harmonia;
using std::chrono::milliseconds;

constexpr std::int64_t k_now_us = 1'795'277'109'207'247; // any moment has the same size

class Relay {
public:
    explicit Relay(const broker::Settings& settings)
        : publisher_(settings), consumer_(settings, {.queue = "swpt_accounts", .prefetch = 4000}) {}

    [[noreturn]] void work() {
        while (true) {
            for (int i = 0; i < 500; ++i) {
                const auto delivery =
                    consumer_.next(milliseconds(i == 0 && open_.empty() ? 100 : 0));
                if (!delivery)
                    break;
                answer(*delivery);
            }
            settle(milliseconds(open_.empty() ? 0 : 5));
        }
    }

private:
    void answer(const broker::Delivery& delivery) {
        open_.push_back({delivery.tag, 0});
        const auto request =
            smp::decode_request(delivery.body, delivery.properties.type.value_or(""));
        if (!request)
            throw std::runtime_error("a request that cannot be read");
        if (const auto* prepare = std::get_if<smp::PrepareTransfer>(&*request))
            publish(prepared(*prepare));
        else
            finalize(std::get<smp::FinalizeTransfer>(*request));
    }
    smp::PreparedTransfer prepared(const smp::PrepareTransfer& request) {
        smp::PreparedTransfer m;
        m.sender = request.sender;
        m.transfer_id = (std::int64_t{20'778} << 40) + ++transfers_;
        m.coordinator = request.coordinator;
        m.locked_amount = request.max_locked_amount;
        m.recipient_creditor_id = request.sender.creditor_id;
        m.prepared_at_us = m.ts_us = m.deadline_us = k_now_us;
        m.final_interest_rate_ts_us = request.final_interest_rate_ts_us;
        return m;
    }
    void finalize(const smp::FinalizeTransfer& request) {
        smp::FinalizedTransfer m;
        m.sender = request.sender;
        m.transfer_id = request.transfer_id;
        m.coordinator = request.coordinator;
        m.committed_amount = request.committed_amount;
        m.status_code = "OK";
        m.prepared_at_us = m.ts_us = k_now_us;
        publish(std::move(m));
        for (const std::int64_t sign : {-1, 1}) {
            smp::AccountTransfer told;
            told.account = request.sender;
            told.creation_date = 20'778;
            told.coordinator_type = request.coordinator.type;
            told.transfer_number = 1;
            told.acquired_amount = sign * request.committed_amount;
            told.other_creditor_id = request.sender.creditor_id;
            told.note = request.note;
            told.committed_at_us = told.ts_us = k_now_us;
            told.principal = 1'000'000;
            publish(std::move(told));
        }
    }
    void publish(smp::Signal signal) {
        smp::encode(signal, wire_);
        broker::Message message;
        message.exchange = wire_.exchange;
        message.routing_key = wire_.routing_key;
        message.mandatory = wire_.mandatory;
        message.properties = broker::properties_from_json(wire_.properties);
        message.headers = wire_.headers;
        message.body = wire_.body;
        publisher_.publish(std::move(message), first_ + open_.size() - 1);
        ++open_.back().unconfirmed;
    }
    void settle(milliseconds wait) {
        for (const auto& outcome : publisher_.take(Failpoint::export_outbox_confirm, wait)) {
            if (outcome.state != broker::Outcome::State::confirmed)
                throw std::runtime_error("a message was not confirmed: " + outcome.reason);
            --open_.at(outcome.token - first_).unconfirmed;
        }
        broker::DeliveryTag done;
        for (; !open_.empty() && open_.front().unconfirmed == 0; ++first_) {
            done = open_.front().tag;
            open_.pop_front();
        }
        if (done.tag != 0)
            consumer_.ack_through(done, Failpoint::import_queue_ack);
    }

    struct Open {
        broker::DeliveryTag tag;
        int unconfirmed = 0;
    };
    broker::Publisher publisher_;
    broker::Consumer consumer_;
    smp::Wire wire_;
    std::deque<Open> open_;
    std::uint64_t first_ = 1; ///< the token of open_'s first
    std::int64_t transfers_ = 0;
};

} // namespace

int main() {
    try {
        broker::Settings settings;
        const char* url = std::getenv("HARMONIA_BROKER_URL");
        if (url == nullptr)
            throw std::runtime_error("HARMONIA_BROKER_URL is unset");
        settings.url = url;
        Relay(settings).work();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_smp_relay: %s\n", error.what());
        return 1;
    }
}
