#include "jobs/dead_letter/decide.hpp"

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::dead_letter {

Replay replay_of(const Letter& letter) {
    auto properties = nlohmann::ordered_json::parse(letter.properties, nullptr, false);
    if (!properties.is_object())
        throw Error(Exit::data, "properties of dead letter " + std::to_string(letter.id) +
                                    " must be a JSON object");
    Replay replay;
    replay.key = "dead-letter-" + std::to_string(letter.id);
    replay.routing_key = letter.queue;
    replay.headers = "{}";
    if (const auto headers = properties.find("headers"); headers != properties.end()) {
        replay.headers = headers->dump();
        properties.erase(headers);
    }
    properties.erase("expiration"); // its time would start again and may already be over
    properties.erase("user_id");    // the broker accepts only the user of the connection
    replay.properties = properties.dump();
    return replay;
}

} // namespace harmonia::dead_letter
