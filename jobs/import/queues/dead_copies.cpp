#include "jobs/import/queues/dead_copies.hpp"

#include "core/base/hash.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <vector>

namespace harmonia::importing {
namespace {

using State = broker::Outcome::State;

constexpr std::chrono::milliseconds k_stop_check{100};

/// The same for each delivery: a quorum queue counts deliveries in a header.
nlohmann::json properties_of(const DeadLetter& letter) {
    auto properties = nlohmann::json::parse(letter.properties, nullptr, false);
    if (properties.is_object() && properties.contains("headers"))
        properties["headers"].erase("x-delivery-count");
    return properties;
}

broker::Message copy_of(const importers::Feed& feed, const DeadLetter& letter) {
    const nlohmann::json copy = {{"feed", feed.name},
                                 {"queue", feed.source.queue},
                                 {"code", letter.problem.code},
                                 {"field", letter.problem.field},
                                 {"detail", letter.problem.detail},
                                 {"exchange", letter.exchange},
                                 {"routing_key", letter.routing_key},
                                 {"properties", properties_of(letter)},
                                 {"body_base64", base64(letter.body)}};
    broker::Message message;
    message.routing_key = feed.source.dead_queue;
    message.body = json::dumped(copy);
    message.properties.content_type = "application/json";
    message.properties.delivery_mode = 2;
    message.properties.type = "harmonia.dead_letter";
    message.properties.message_id = sha256_hex(message.body);
    return message;
}

[[noreturn]] void refuse(const importers::Feed& feed, const broker::Outcome& outcome) {
    const std::string what =
        fmt::format("queue '{}' does not accept dead letters of feed {}: {}",
                    feed.source.dead_queue, feed.name, printable(outcome.reason));
    if (outcome.state == State::returned)
        throw Error(Exit::config, what, "Run harmonia configure.");
    throw Error(Exit::try_again, what, "Check the queue; nothing was acknowledged.");
}

} // namespace

void DeadCopies::send(const importers::Feed& feed, std::span<const DeadLetter> letters) {
    std::vector<bool> confirmed(letters.size(), false);
    for (std::size_t left = letters.size(); left > 0;) {
        throw_if_stopped();
        if (publisher_ == nullptr)
            publisher_ = std::make_unique<broker::Publisher>(settings_);
        for (std::size_t i = 0; i < letters.size(); ++i)
            if (!confirmed[i])
                publisher_->publish(copy_of(feed, letters[i]), i);
        while (publisher_->outstanding() > 0) {
            throw_if_stopped();
            for (const auto& outcome :
                 publisher_->take(Failpoint::import_queue_reject, k_stop_check)) {
                if (outcome.state == State::returned || outcome.state == State::nacked) {
                    publisher_.reset(); // with its other outcomes
                    refuse(feed, outcome);
                }
                confirmed[outcome.token] = outcome.state == State::confirmed;
                left -= confirmed[outcome.token] ? 1 : 0;
            }
        }
        if (publisher_->lost())
            publisher_->recover();
    }
}

} // namespace harmonia::importing
