// What the scripts need of a broker, and the program itself must not do: make up messages.
//
//   queue_tool pair IDS            one random pair of the 2018 queues, printed
//   on stdout queue_tool publish QUEUE FILE  each line of FILE as one persistent JSON message
//   queue_tool depth QUEUE...      ready messages, `QUEUE<tab>COUNT` a line
//
// The broker is HARMONIA_BROKER_URL's. IDS are merchant identifier ids, separated by commas.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/broker/client.hpp"
#include "tests/gen/text.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <span>

namespace {

using namespace harmonia;

constexpr auto k_answer_wait = std::chrono::seconds(30);

broker::Settings settings() {
    broker::Settings to;
    if (const char* url = std::getenv("HARMONIA_BROKER_URL"))
        to.url = url;
    to.connection_name = "queue_tool";
    return to;
}

std::uint64_t random_bits() {
    static std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

std::string random_uuid() {
    std::string text;
    gen::append_uuid(text, random_bits(), random_bits());
    return text;
}

/// Base64 of sixteen random bytes, as 2018 made its card tokens.
std::string random_token() {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    while (text.size() < 21)
        text += digits[random_bits() & 63U];
    text += "AQgw"[random_bits() & 3U]; // two bits are left for the last digit
    return text + "==";
}

void send(broker::Publisher& publisher, std::uint64_t expected) {
    std::uint64_t answered = 0;
    while (answered < expected) {
        const auto outcomes = publisher.take(Failpoint::export_outbox_confirm, k_answer_wait);
        if (outcomes.empty())
            throw Error(Exit::try_again, "the broker did not confirm");
        for (const auto& outcome : outcomes) {
            if (outcome.state != broker::Outcome::State::confirmed) {
                throw Error(Exit::unavailable,
                            fmt::format("message {}: {} {}", outcome.token,
                                        broker::outcome_name(outcome.state), outcome.reason),
                            "Run `harmonia configure`, which declares the queues.");
            }
            ++answered;
        }
    }
}

/// A message as 2018 sent it: exchange and routing key are the queue's name.
broker::Message message_2018(const std::string& queue, std::int64_t now, std::string body) {
    broker::Message message;
    message.exchange = message.routing_key = queue;
    message.properties.content_type = "application/txmatch+json";
    message.properties.content_encoding = "utf-8";
    message.properties.delivery_mode = 2;
    message.properties.priority = 0;
    message.headers = fmt::format(R"({{"X-Queued-At": {}, "X-Retry-Count": 0}})", now);
    message.body = std::move(body);
    return message;
}

void publish_pair(const std::string& ids) {
    const auto choices = split(ids, ',');
    const auto identifier = choices[random_bits() % choices.size()];
    using namespace std::chrono;
    const auto now = floor<microseconds>(system_clock::now()).time_since_epoch().count();
    std::string date;
    gen::append_datetime(date, now / 1'000'000, 'T');
    date += fmt::format(".{:06}+00:00", now % 1'000'000);
    const auto amount = (1 + random_bits() % 100) * 100, points = (1 + random_bits() % 1000) * 100;
    const auto scheme = fmt::format(
        R"({{"merchant_identifier_id": {}, "points_amount": {}, "transaction_date": "{}", )"
        R"("transaction_id": "{}", "spend_amount": {}, "points_multiplier": 100, )"
        R"("spend_multiplier": 100, "spend_currency": "GBP", "extra_fields": {{}}}})",
        identifier, points, date, random_uuid(), amount);
    const auto payment = fmt::format(
        R"({{"merchant_identifier_id": {}, "transaction_date": "{}", "transaction_id": "{}", )"
        R"("spend_amount": {}, "spend_multiplier": 100, "spend_currency": "GBP", )"
        R"("card_token": "{}", "extra_fields": {{}}}})",
        identifier, date, random_uuid(), amount, random_token());
    broker::Publisher publisher(settings());
    publisher.publish(message_2018("imports-scheme", now / 1'000'000, scheme), 1);
    publisher.publish(message_2018("imports-payment", now / 1'000'000, payment), 2);
    send(publisher, 2);
    fmt::print("{}\n{}\n", scheme, payment);
}

void publish_file(const std::string& queue, const std::string& path) {
    std::ifstream file(path);
    if (!file)
        throw Error(Exit::no_input, "cannot read " + path);
    constexpr std::uint64_t batch = 5000; // below the publisher's own queue, so that it never waits
    broker::Publisher publisher(settings());
    std::uint64_t sent = 0, waiting = 0;
    for (std::string line; std::getline(file, line);) {
        broker::Message message;
        message.routing_key = queue;
        message.properties.content_type = "application/json";
        message.properties.delivery_mode = 2;
        message.body = std::move(line);
        publisher.publish(std::move(message), ++sent);
        if (++waiting == batch) {
            send(publisher, waiting);
            waiting = 0;
        }
    }
    send(publisher, waiting);
    fmt::print("{}\n", sent);
}

void print_depths(std::span<char*> queues) {
    broker::Session session(settings());
    for (const char* queue : queues) {
        const auto count = session.ready_count(queue);
        fmt::print("{}\t{}\n", queue, count ? std::to_string(*count) : "missing");
    }
}

int run(std::span<char*> arguments) {
    const std::string command = arguments.size() > 1 ? arguments[1] : "";
    if (command == "pair" && arguments.size() == 3) {
        publish_pair(arguments[2]);
    } else if (command == "publish" && arguments.size() == 4) {
        publish_file(arguments[2], arguments[3]);
    } else if (command == "depth" && arguments.size() > 2) {
        print_depths(arguments.subspan(2));
    } else {
        throw Error(Exit::usage,
                    "usage: queue_tool pair IDS | publish QUEUE FILE | depth QUEUE...");
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(std::span(argv, static_cast<std::size_t>(argc)));
    } catch (const harmonia::Error& error) {
        fmt::print(stderr, "queue_tool: {}\n", error.what());
        if (!error.hint().empty())
            fmt::print(stderr, "HINT: {}\n", error.hint());
        return static_cast<int>(error.exit());
    } catch (const std::exception& error) {
        fmt::print(stderr, "queue_tool: {}\n", error.what());
        return 1;
    }
}
