// Routing keys, realms, account ids, sequence numbers.
#include "core/smp/encode.hpp"
#include "core/smp/realm.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace harmonia;
using namespace harmonia::smp;

namespace {

constexpr std::int64_t k_least = std::numeric_limits<std::int64_t>::min();
constexpr std::int32_t k_least32 = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t k_most32 = std::numeric_limits<std::int32_t>::max();

std::string times(int count, const std::string& text) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += text;
    return out;
}

} // namespace

TEST_CASE("hexadecimal keys are the id's bytes") {
    CHECK(hex_key(2) == "00.00.00.00.00.00.00.02");
    CHECK(hex_key(-2) == "ff.ff.ff.ff.ff.ff.ff.fe");
    CHECK(hex_key(4294967296) == "00.00.00.01.00.00.00.00");
    CHECK(hex_key(2199023255553) == "00.00.02.00.00.00.00.01");
    CHECK(hex_key(k_least) == "80.00.00.00.00.00.00.00");
}

TEST_CASE("binary keys are the first bits of the digest over both ids") {
    CHECK(binary_key({123, 456}) == "0.0.0.0.1.0.0.0.0.1.0.0.0.1.0.0.0.0.1.1.0.1.0.0");
    CHECK(binary_key({2, 1}) == "1.1.1.1.1.0.0.0.1.1.0.1.0.0.1.1.1.0.1.1.0.1.0.1");
    CHECK(binary_key({-1, 1}) == "1.1.1.1.0.1.1.1.0.0.1.0.0.0.1.0.1.0.0.0.1.0.0.1");
    CHECK(binary_key({-1, 1234}) == "0.0.1.0.1.1.1.0.0.0.1.1.1.1.1.0.1.0.0.1.1.1.1.1");
    CHECK(binary_key({0, 0}) == "0.1.0.0.1.0.1.0.1.1.1.0.0.1.1.1.0.0.0.1.0.0.1.1");
    CHECK(sharding_key({123, 456}) == 0x084434f0U);
}

TEST_CASE("A-20 a realm is up to twenty bits and a hash sign") {
    for (const char* text : {"", "0", "0.1", "*.#", "2.#", "0.#.", "#.#", "0.#.1", " #", "0#"})
        CHECK_FALSE(Realm::parse(text));
    CHECK_FALSE(Realm::parse(times(21, "0.") + "#"));
    CHECK(Realm::parse(times(20, "1.") + "#"));
    CHECK(Realm::parse("#"));
    CHECK(Realm::parse("1.0.#")->mask() == 0xC0000000U);
    CHECK(Realm::parse("1.0.#")->prefix() == 0x80000000U);
    for (const std::string text : {"#", "0.#", "1.0.1.1.#"})
        CHECK(Realm::parse(text)->text() == text);
}

TEST_CASE("A-19 A-94 a realm owns by the first bits, its parent has one bit less") {
    const Realm zero = *Realm::parse("0.#"), one = *Realm::parse("1.#");
    CHECK(zero.owns({123, 456}));
    CHECK(zero.owns({-1, 1234}));
    CHECK_FALSE(zero.owns({-1, 1}));
    CHECK_FALSE(zero.owns({1, 2}));
    CHECK_FALSE(one.owns({-1, 1234}));
    CHECK(zero.parent() == Realm());
    CHECK(zero.parent().owns({1, 2}));
    CHECK(Realm().parent() == Realm());
    CHECK(Realm::parse("1.0.1.#")->parent() == *Realm::parse("1.0.#"));
    CHECK(Realm::parse(times(20, "1.") + "#")->parent() == *Realm::parse(times(19, "1.") + "#"));
}

TEST_CASE("A-21 account ids are creditor ids without a sign") {
    CHECK(account_id(-1) == "18446744073709551615");
    CHECK(account_id(k_least) == "9223372036854775808");
    CHECK(account_id(0) == "0");
    CHECK(parse_account_id("18446744073709551615") == -1);
    CHECK(parse_account_id("9223372036854775808") == k_least);
    CHECK(parse_account_id("0") == 0);
    CHECK(parse_account_id("1234") == 1234);
    for (const char* text : {"", "-5", "+5", "05", "00", " 5", "5 ", "1_000", "invalid", "1.0",
                             "18446744073709551616", "99999999999999999999"})
        CHECK_FALSE(parse_account_id(text));
}

TEST_CASE("A-40 accounts of one agent share the highest 24 bits") {
    CHECK(same_agent(-1, -2));
    CHECK_FALSE(same_agent(static_cast<std::int64_t>(0xffffff0000000000U),
                           static_cast<std::int64_t>(0xfffffe0000000000U)));
    CHECK_FALSE(same_agent(1, 2)); // reserved ids have no agent
    CHECK_FALSE(same_agent(-1, -1 - (std::int64_t{1} << 40)));
    CHECK(same_agent(0x0000010000000000, 0x000001ffffffffff));
}

TEST_CASE("sequence numbers wrap, and half a turn ahead is later") {
    CHECK(next_seq(0) == 1);
    CHECK(next_seq(k_most32) == k_least32);
    CHECK(later_seq(1, 0));
    CHECK_FALSE(later_seq(0, 0));
    CHECK_FALSE(later_seq(0, 1));
    CHECK(later_seq(k_least32, k_most32));
    CHECK_FALSE(later_seq(k_most32, k_least32));
    CHECK(later_seq(k_most32, 0));
    CHECK_FALSE(later_seq(k_least32, 0)); // exactly half a turn
}

namespace {

Wire wire_of(const Signal& signal) {
    Wire wire;
    wire.headers = wire.body = wire.routing_key = "left from another message";
    wire.mandatory = false;
    encode(signal, wire);
    return wire;
}

AccountUpdate update(AccountKey key, std::int32_t flags) {
    AccountUpdate message;
    message.account = key;
    message.config_flags = flags;
    return message;
}

} // namespace

TEST_CASE("A-15 what a coordinator is told goes by its id and type") {
    RejectedTransfer message;
    message.sender = {1, 2};
    message.coordinator = {"direct", 666, 7};
    message.status_code = "TIMEOUT";
    const Wire wire = wire_of(message);
    CHECK(wire.kind == "RejectedTransfer");
    CHECK(wire.exchange == "to_coordinators");
    CHECK(wire.routing_key == "00.00.00.00.00.00.02.9a");
    CHECK(wire.mandatory);
    CHECK(wire.properties == R"({"content_type":"application/json","type":"RejectedTransfer",)"
                             R"("delivery_mode":2,"app_id":"swpt_accounts"})");
    CHECK(wire.headers == R"({"message-type":"RejectedTransfer","debtor-id":1,"creditor-id":2,)"
                          R"("coordinator-id":666,"coordinator-type":"direct"})");
    FinalizedTransfer finalized;
    finalized.coordinator = {"odd \"type\"", -2, 0};
    CHECK(wire_of(finalized).routing_key == "ff.ff.ff.ff.ff.ff.ff.fe");
    CHECK(wire_of(finalized).headers.ends_with(R"("coordinator-type":"odd \"type\""})"));
    CHECK(wire_of(PreparedTransfer{}).exchange == "to_coordinators");
}

TEST_CASE("A-16 what an owner is told goes to the creditor, or for the root to the debtor") {
    const Wire wire = wire_of(update({2, 1}, 0));
    CHECK(wire.exchange == "to_creditors");
    CHECK(wire.routing_key == "00.00.00.00.00.00.00.01");
    CHECK(wire.headers == R"({"message-type":"AccountUpdate","debtor-id":2,"creditor-id":1})");
    const Wire root = wire_of(update({2, 0}, 0));
    CHECK(root.exchange == "to_debtors");
    CHECK(root.routing_key == "00.00.00.00.00.00.00.02");
    CHECK(wire_of(AccountPurge{{5, 0}, 0, 0}).exchange == "to_debtors");
    CHECK(wire_of(RejectedConfig{}).exchange == "to_debtors");
    AccountTransfer transfer;
    transfer.account = {5, -2};
    CHECK(wire_of(transfer).exchange == "to_creditors");
    CHECK(wire_of(transfer).routing_key == "ff.ff.ff.ff.ff.ff.ff.fe");
}

TEST_CASE("A-17 a balance change goes to the shard of the account to be changed") {
    PendingBalanceChange change;
    change.account = {2, 1};
    change.other_creditor_id = 99;
    change.coordinator_type = "direct";
    Wire wire;
    encode(change, wire);
    CHECK(wire.exchange == "accounts_in");
    CHECK(wire.routing_key == "1.1.1.1.1.0.0.0.1.1.0.1.0.0.1.1.1.0.1.1.0.1.0.1");
    CHECK(wire.headers ==
          R"({"message-type":"PendingBalanceChange","debtor-id":2,"creditor-id":1})");
    CHECK(wire.mandatory);
}

TEST_CASE("A-18 only the last words to a debtor who gives up may go nowhere") {
    CHECK_FALSE(wire_of(update({2, 0}, 1)).mandatory);
    CHECK_FALSE(wire_of(update({2, 0}, 3)).mandatory);
    CHECK(wire_of(update({2, 0}, 0)).mandatory);
    CHECK(wire_of(update({2, 0}, 2)).mandatory);
    CHECK(wire_of(update({2, 1}, 1)).mandatory);
}

TEST_CASE("A-95 a chore goes to its queue, without headers") {
    Wire wire;
    wire.headers = "left";
    encode(Chore(CapitalizeInterest{{-1, 8}}), "swpt_accounts_chores", wire);
    CHECK(wire.kind == "CapitalizeInterest");
    CHECK(wire.exchange.empty());
    CHECK(wire.routing_key == "swpt_accounts_chores");
    CHECK(wire.headers == "{}");
    CHECK(wire.mandatory);
    CHECK(wire.body == R"({"type":"CapitalizeInterest","debtor_id":-1,"creditor_id":8})");
}
