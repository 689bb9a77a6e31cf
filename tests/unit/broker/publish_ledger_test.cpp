#include "core/broker/publish_ledger.hpp"
#include "tests/support/catch.hpp"

#include <map>

using namespace harmonia::broker;
using State = Outcome::State;

namespace {

PublishLedger::ItemPointer item(std::uint64_t token, const std::string& key = {},
                                const std::string& exchange = {}) {
    auto out = std::make_unique<PublishLedger::Item>();
    out->message.exchange = exchange;
    out->message.body = std::to_string(token);
    out->token = token;
    out->key = key;
    return out;
}

/// Sends all that may go; the bodies in order.
std::string send_all(PublishLedger& ledger) {
    std::string out;
    while (const auto* message = ledger.next()) {
        out += message->body;
        ledger.sent();
    }
    return out;
}

std::map<std::uint64_t, State> outcomes(PublishLedger& ledger) {
    std::size_t bytes = 0;
    std::map<std::uint64_t, State> out;
    for (const auto& outcome : ledger.take_outcomes(bytes))
        out[outcome.token] = outcome.state;
    return out;
}

using Outcomes = std::map<std::uint64_t, State>;

} // namespace

TEST_CASE("the window bounds what is in flight, confirms open it") {
    PublishLedger ledger(2);
    for (std::uint64_t i = 1; i <= 5; ++i)
        ledger.accept(item(i));
    CHECK(send_all(ledger) == "12");
    ledger.confirmed(2, false);
    CHECK(outcomes(ledger) == Outcomes{{2, State::confirmed}});
    CHECK(send_all(ledger) == "3");
    ledger.confirmed(3, true);
    CHECK(outcomes(ledger) == Outcomes{{1, State::confirmed}, {3, State::confirmed}});
    CHECK(send_all(ledger) == "45");
    ledger.nacked(5, true);
    CHECK(outcomes(ledger) == Outcomes{{4, State::nacked}, {5, State::nacked}});
    ledger.confirmed(9, false); // a tag never given out is not ours
    CHECK(outcomes(ledger).empty());
}

TEST_CASE("one message of a key is in flight, a failed key holds back its own only") {
    PublishLedger ledger(10);
    ledger.accept(item(1, "a"));
    ledger.accept(item(2, "a"));
    ledger.accept(item(3, "b"));
    ledger.accept(item(4, "b"));
    CHECK(send_all(ledger) == "13");
    ledger.nacked(1, false);
    ledger.confirmed(2, false);
    CHECK(outcomes(ledger) ==
          Outcomes{{1, State::nacked}, {2, State::held}, {3, State::confirmed}});
    ledger.accept(item(5, "a"));
    CHECK(outcomes(ledger) == Outcomes{{5, State::held}});
    CHECK(send_all(ledger) == "4");
    ledger.confirmed(3, false);
    ledger.reset_failed_keys();
    ledger.accept(item(6, "a"));
    CHECK(send_all(ledger) == "6");
}

TEST_CASE("a return fails the oldest equal message when its confirm comes") {
    PublishLedger ledger(10);
    ledger.accept(item(1));
    ledger.accept(item(2));
    CHECK(send_all(ledger) == "12");
    ledger.returned(item(2)->message, "NO_ROUTE");
    CHECK(outcomes(ledger).empty());
    ledger.confirmed(2, true);
    CHECK(outcomes(ledger) == Outcomes{{1, State::confirmed}, {2, State::returned}});
}

TEST_CASE("a closed channel finds its culprit by sending again one at a time") {
    PublishLedger ledger(10);
    for (std::uint64_t i = 1; i <= 3; ++i)
        ledger.accept(item(i));
    ledger.accept(item(4, "k", "gone"));
    ledger.accept(item(5, "k"));
    ledger.accept(item(6, {}, "gone"));
    CHECK(send_all(ledger) == "12346");
    ledger.confirmed(1, false);
    ledger.channel_closed(true, "no exchange");
    CHECK(send_all(ledger) == "2");
    ledger.confirmed(1, false);
    CHECK(send_all(ledger) == "3");
    ledger.confirmed(2, false);
    CHECK(send_all(ledger) == "4");
    CHECK(outcomes(ledger) ==
          Outcomes{{1, State::confirmed}, {2, State::confirmed}, {3, State::confirmed}});
    ledger.channel_closed(true, "no exchange");
    CHECK(outcomes(ledger) == Outcomes{{4, State::nacked}, {5, State::held}});
    ledger.accept(item(7, {}, "gone"));
    CHECK(send_all(ledger) == "6");
    ledger.channel_closed(true, "no exchange");
    CHECK(send_all(ledger).empty()); // 7 goes to an exchange known to be missing
    CHECK(outcomes(ledger) == Outcomes{{6, State::nacked}, {7, State::nacked}});
}

TEST_CASE("a lost connection answers for everything: sent is unknown, the rest was held") {
    PublishLedger ledger(2);
    ledger.accept(item(1, "a"));
    ledger.accept(item(2, "a"));
    ledger.accept(item(3));
    ledger.accept(item(4));
    CHECK(send_all(ledger) == "13");
    ledger.connection_lost("cut");
    CHECK(outcomes(ledger) ==
          Outcomes{{1, State::unknown}, {2, State::held}, {3, State::unknown}, {4, State::held}});
    ledger.accept(item(5, "a"));
    CHECK(send_all(ledger) == "5");
    ledger.confirmed(1, false);
    CHECK(outcomes(ledger) == Outcomes{{5, State::confirmed}});
}
