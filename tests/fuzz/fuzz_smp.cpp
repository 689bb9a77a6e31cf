// Messages against a general parser: what we take is a JSON object with values in their ranges,
// which the general parser sees as we do; what we encode of it reads back as the same.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/smp/decode.hpp"
#include "core/smp/encode.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

using namespace harmonia;
using namespace harmonia::smp;

namespace {

using Json = nlohmann::json;

void check_note(const Json& json, const Note& note) {
    HARMONIA_CHECK(json.at("transfer_note") == note.text);
    HARMONIA_CHECK(json.at("transfer_note_format") == note.format);
    HARMONIA_CHECK(note.text.size() <= 500 && note.format.size() <= 8);
    HARMONIA_CHECK(find_bad_utf8(note.text) == std::string::npos); // nor a NUL
}

void check_account(const Json& json, const AccountKey& key) {
    HARMONIA_CHECK(json.at("debtor_id").get<std::int64_t>() == key.debtor_id);
    HARMONIA_CHECK(json.at("creditor_id").get<std::int64_t>() == key.creditor_id);
}

void check_coordinator(const Json& json, const Coordinator& coordinator) {
    HARMONIA_CHECK(json.at("coordinator_type") == coordinator.type);
    HARMONIA_CHECK(json.at("coordinator_id").get<std::int64_t>() == coordinator.id);
    HARMONIA_CHECK(json.at("coordinator_request_id").get<std::int64_t>() == coordinator.request_id);
    HARMONIA_CHECK(!coordinator.type.empty() && coordinator.type.size() <= 30);
}

struct Same {
    const Json& json;

    void operator()(const ConfigureAccount& message) const {
        check_account(json, message.account);
        HARMONIA_CHECK(json.at("config_data") == message.config_data);
        HARMONIA_CHECK(json.at("seqnum").get<std::int64_t>() == message.seqnum);
        HARMONIA_CHECK(std::isfinite(message.negligible_amount) && message.negligible_amount >= 0);
        HARMONIA_CHECK(message.ts_us >= 0 && message.config_data.size() <= 2000);
    }
    void operator()(const PrepareTransfer& message) const {
        check_account(json, message.sender);
        check_coordinator(json, message.coordinator);
        HARMONIA_CHECK(json.at("recipient") == message.recipient);
        HARMONIA_CHECK(json.at("max_locked_amount").get<std::int64_t>() ==
                       message.max_locked_amount);
        HARMONIA_CHECK(0 <= message.min_locked_amount &&
                       message.min_locked_amount <= message.max_locked_amount);
        HARMONIA_CHECK(message.ts_us >= 0 && message.max_commit_delay_s >= 0);
    }
    void operator()(const FinalizeTransfer& message) const {
        check_account(json, message.sender);
        check_coordinator(json, message.coordinator);
        check_note(json, message.note);
        HARMONIA_CHECK(json.at("committed_amount").get<std::int64_t>() == message.committed_amount);
        HARMONIA_CHECK(message.committed_amount >= 0);
    }
    void operator()(const PendingBalanceChange& message) const {
        check_account(json, message.account);
        check_note(json, message.note);
        HARMONIA_CHECK(json.at("principal_delta").get<std::int64_t>() == message.principal_delta);
        std::string body;
        append_body(body, message);
        const auto again = decode_request(body, "PendingBalanceChange");
        HARMONIA_CHECK(again && std::get<PendingBalanceChange>(*again).note == message.note);
        HARMONIA_CHECK(std::get<PendingBalanceChange>(*again).committed_at_us ==
                       message.committed_at_us);
    }
};

void check_chore(std::string_view text) {
    const auto chore = decode_chore(text);
    if (!chore)
        return;
    const auto body_of = [](const Chore& one) {
        Wire wire;
        encode(one, "chores", wire);
        return wire.body;
    };
    const std::string body = body_of(*chore);
    const auto again = decode_chore(body);
    HARMONIA_CHECK(again && body_of(*again) == body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_chore(text);
    const auto request = decode_request(text);
    const Json json = Json::parse(text, nullptr, false);
    if (!request) {
        // A problem of the text as such must be one to others too, but for what only we refuse.
        HARMONIA_CHECK(request.error().code != "json" || !json.is_object());
        return 0;
    }
    if (json.is_discarded()) {
        HARMONIA_CHECK(text.find_first_of("eE0") != text.npos);
        return 0; // a number that no double can hold, where nobody looks, is still JSON
    }
    HARMONIA_CHECK(json.is_object());
    std::visit(Same{json}, *request);
    return 0;
}
