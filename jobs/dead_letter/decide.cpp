#include "jobs/dead_letter/decide.hpp"

#include "core/base/error.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::dead_letter {

Replay replay_of(const Letter& letter) {
    auto properties = nlohmann::ordered_json::parse(letter.properties, nullptr, false);
    if (!properties.is_object())
        throw Error(Exit::data, "dead letter " + std::to_string(letter.id) +
                                    " has properties that are not a JSON object");
    Replay replay;
    replay.key = "dead-letter-" + std::to_string(letter.id);
    replay.routing_key = letter.queue;
    replay.headers = "{}";
    if (const auto headers = properties.find("headers"); headers != properties.end()) {
        replay.headers = headers->dump();
        properties.erase(headers);
    }
    properties.erase("expiration"); // it would be counted anew, and may be over at once
    properties.erase("user_id");    // the broker refuses a user that is not ours
    replay.properties = properties.dump();
    return replay;
}

} // namespace harmonia::dead_letter
