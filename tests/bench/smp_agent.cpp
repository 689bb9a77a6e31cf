// The other end of the accounting authority: a coordinator, and the owner of every account.
//
//   bench_smp_agent flood COUNT ACCOUNTS DEBTORS
//   bench_smp_agent latency COUNT ACCOUNTS DEBTORS
//
// Takes part in COUNT transfers of the world of `harmonia-gen smp` through the broker of
// HARMONIA_BROKER_URL: publishes PrepareTransfer to accounts_in, answers each PreparedTransfer with
// FinalizeTransfer, and is done when each transfer was finalized and both accounts were told.
// `flood` waits for nothing and prints the seconds from the first publish to the last
// AccountTransfer; `latency` does one transfer after the other and prints the milliseconds of the
// median and of the slowest hundredth.
#include "core/broker/client.hpp"
#include "core/smp/realm.hpp"
#include "tests/gen/smp.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace {

using namespace harmonia;
using Json = nlohmann::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr const char* k_queue = "bench_agent";
constexpr std::uint64_t k_ack_every = 100;      // as the client of the reference's measurement
constexpr std::size_t k_unconfirmed_max = 5000; // of our own requests
constexpr std::chrono::seconds k_patience{120}; // without any message: something is wrong

broker::Settings settings() {
    broker::Settings settings;
    const char* url = std::getenv("HARMONIA_BROKER_URL");
    settings.url = url != nullptr ? url : throw std::runtime_error("HARMONIA_BROKER_URL is unset");
    return settings;
}

void declare_queue() {
    broker::Session session(settings());
    session.declare(
        {.exchanges = {},
         .queues = {{k_queue, true, R"({"x-queue-type": "quorum"})"}},
         .bindings = {{k_queue, "to_creditors", "#", "{}"}, {k_queue, "to_debtors", "#", "{}"}}});
    session.purge(k_queue);
}

class Agent {
public:
    explicit Agent(const gen::SmpWorld& world)
        : transfers_(world), publisher_(settings()), consumer_(settings(), {.queue = k_queue}) {}

    void flood(std::uint64_t count) {
        while (finalized_ < count || told_ < 2 * count) {
            while (sent_ < count && publisher_.outstanding() < k_unconfirmed_max)
                prepare();
            take_confirms();
            receive(milliseconds(10)); // or the broker has confirmed enough for more requests
        }
    }
    /// Seconds from publishing to the last of its messages.
    double one() {
        const auto start = Clock::now();
        prepare();
        while (finalized_ < sent_ || told_ < 2 * sent_) {
            receive(milliseconds(100));
            take_confirms();
        }
        return std::chrono::duration<double>(Clock::now() - start).count();
    }
    void acknowledge() {
        if (unacknowledged_ > 0)
            consumer_.ack_through(last_, Failpoint::import_queue_ack);
        unacknowledged_ = 0;
    }

private:
    void prepare() {
        const gen::SmpTransfer t = transfers_.transfer(sent_++);
        std::string body;
        gen::append_prepare(body, t);
        publish("PrepareTransfer", {t.debtor, t.sender}, std::move(body));
    }
    void publish(const char* type, const smp::AccountKey& account, std::string body) {
        broker::Message message;
        message.exchange = "accounts_in";
        smp::append_binary_key(message.routing_key, account);
        message.properties.content_type = "application/json";
        message.properties.type = type;
        message.properties.delivery_mode = 2;
        message.body = std::move(body);
        publisher_.publish(std::move(message), ++token_);
    }
    void take_confirms() {
        for (const auto& outcome :
             publisher_.take(Failpoint::export_outbox_confirm, milliseconds(0)))
            if (outcome.state != broker::Outcome::State::confirmed)
                throw std::runtime_error("a request was not confirmed: " + outcome.reason);
    }
    void receive(milliseconds wait) {
        for (int i = 0; i < 1000; ++i) {
            const auto delivery = consumer_.next(i == 0 ? wait : milliseconds(0));
            if (!delivery)
                break;
            heard_ = Clock::now();
            last_ = delivery->tag;
            if (++unacknowledged_ >= k_ack_every)
                acknowledge();
            take(*delivery);
        }
        if (Clock::now() - heard_ > k_patience)
            throw std::runtime_error(fmt::format("nothing came for long: {} sent, {} finalized, "
                                                 "{} told",
                                                 sent_, finalized_, told_));
    }
    void take(const broker::Delivery& delivery) {
        const std::string type = delivery.properties.type.value_or("");
        if (type == "AccountTransfer")
            ++told_;
        else if (type == "FinalizedTransfer")
            ++finalized_;
        else if (type == "PreparedTransfer")
            finalize(Json::parse(delivery.body));
        else if (type != "AccountUpdate")
            throw std::runtime_error("unexpected " + type + ": " + delivery.body);
    }
    void finalize(const Json& m) {
        const auto number = [&](const char* name) { return m.at(name).get<std::int64_t>(); };
        const smp::AccountKey sender{number("debtor_id"), number("creditor_id")};
        publish("FinalizeTransfer", sender,
                fmt::format(R"({{"type":"FinalizeTransfer","debtor_id":{},"creditor_id":{},)"
                            R"("transfer_id":{},"coordinator_type":"direct","coordinator_id":{},)"
                            R"("coordinator_request_id":{},"committed_amount":{},)"
                            R"("transfer_note":"order {}","transfer_note_format":"",)"
                            R"("ts":"2026-01-01T00:00:00+00:00"}})",
                            sender.debtor_id, sender.creditor_id, number("transfer_id"),
                            number("coordinator_id"), number("coordinator_request_id"),
                            number("locked_amount"), number("coordinator_request_id")));
    }

    gen::SmpTransfers transfers_;
    broker::Publisher publisher_;
    broker::Consumer consumer_;
    std::uint64_t sent_ = 0, finalized_ = 0, told_ = 0, token_ = 0, unacknowledged_ = 0;
    broker::DeliveryTag last_;
    Clock::time_point heard_ = Clock::now();
};

void run(const std::string& mode, std::uint64_t count, const gen::SmpWorld& world) {
    declare_queue();
    Agent agent(world);
    if (mode == "flood") {
        const auto start = Clock::now();
        agent.flood(count);
        std::printf("%.3f\n", std::chrono::duration<double>(Clock::now() - start).count());
    } else {
        std::vector<double> seconds;
        for (std::uint64_t i = 0; i < count; ++i)
            seconds.push_back(agent.one());
        std::sort(seconds.begin(), seconds.end());
        std::printf("%.1f %.1f\n", seconds[seconds.size() / 2] * 1e3,
                    seconds[seconds.size() * 99 / 100] * 1e3);
    }
    agent.acknowledge();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: bench_smp_agent flood|latency COUNT ACCOUNTS DEBTORS\n");
        return 64;
    }
    try {
        const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
        run(argv[1], number(2),
            {.seed = 1, .count = number(2), .accounts = number(3), .debtors = number(4)});
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_smp_agent: %s\n", error.what());
        return 1;
    }
}
