// Bodies as they stand on the wire, byte for byte.
#include "core/smp/decode.hpp"
#include "core/smp/encode.hpp"
#include "tests/support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace harmonia;
using namespace harmonia::smp;

namespace {

constexpr std::int64_t k_day_20454_us = 20454LL * 86'400'000'000; // 2026-01-01
constexpr std::int64_t k_noon_us = k_day_20454_us + 43'200'000'000;

template <typename Message>
std::string body_of(const Message& message) {
    std::string out;
    append_body(out, message);
    return out;
}

template <typename Float>
std::string real(Float value) {
    std::string out;
    append_real(out, value);
    return out;
}

std::string instant(std::int64_t us) {
    std::string out;
    append_instant(out, us);
    return out;
}

std::string text(std::string_view value) {
    std::string out;
    append_text(out, value);
    return out;
}

} // namespace

TEST_CASE("A-85 reals are the shortest text that reads back, always with a point or exponent") {
    CHECK(real(0.0) == "0.0");
    CHECK(real(-0.0) == "-0.0");
    CHECK(real(500.0) == "500.0");
    CHECK(real(-50.0) == "-50.0");
    CHECK(real(3.567F) == "3.567"); // single precision, not 3.566999912261963
    CHECK(real(3.567) == "3.567");
    CHECK(real(1e30F) == "1e+30");
    CHECK(real(0.1F) == "0.1");
    CHECK(real(16777216.0F) == "16777216.0");
    CHECK(real(123456789.0F) == "123456790.0");
    CHECK(real(3.4028235e38F) == "3.4028235e+38");
    CHECK(real(0.5) == "0.5");
    CHECK(real(1234.5678) == "1234.5678");
    CHECK(real(-0.00012) == "-0.00012");
    CHECK(real(0.0001) == "0.0001");
    CHECK(real(0.00001) == "1e-05");
    CHECK(real(0.000012345) == "1.2345e-05");
    CHECK(real(1e15) == "1000000000000000.0");
    CHECK(real(9999999999999998.0) == "9999999999999998.0");
    CHECK(real(1e16) == "1e+16");
    CHECK(real(1.5e100) == "1.5e+100");
    CHECK(real(5e-324) == "5e-324");
}

TEST_CASE("date-times have six digits or none") {
    CHECK(instant(0) == R"("1970-01-01T00:00:00+00:00")");
    CHECK(instant(1) == R"("1970-01-01T00:00:00.000001+00:00")");
    CHECK(instant(k_noon_us + 500'000) == R"("2026-01-01T12:00:00.500000+00:00")");
    CHECK(instant(k_end_of_time_us) == R"("9999-12-31T23:59:59+00:00")");
    CHECK(instant(-62'135'596'800'000'000) == R"("0001-01-01T00:00:00+00:00")");
}

TEST_CASE("texts are raw but for what JSON forbids") {
    CHECK(text("") == R"("")");
    CHECK(text("жълъд €😀") == "\"жълъд €😀\"");
    CHECK(text("a\"b\\c/d") == R"("a\"b\\c/d")");
    CHECK(text("\b\t\n\f\r\x01\x1f\x7f") == "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\"");
}

TEST_CASE("A-1 AccountUpdate of a new account") {
    AccountUpdate update;
    update.account = {-1, 1};
    update.creation_date = 20454;
    update.last_change_ts_us = k_noon_us;
    update.last_change_seqnum = 1;
    update.last_config_ts_us = k_noon_us - 1;
    update.commit_period_s = 7776000;
    update.ttl_s = 604800;
    update.ts_us = k_noon_us;
    CHECK(body_of(update) ==
          R"({"type":"AccountUpdate","debtor_id":-1,"creditor_id":1,)"
          R"("last_change_ts":"2026-01-01T12:00:00+00:00","last_change_seqnum":1,"principal":0,)"
          R"("interest":0.0,"interest_rate":0.0,"transfer_note_max_bytes":500,)"
          R"("demurrage_rate":-50.0,"last_interest_rate_change_ts":"1970-01-01T00:00:00+00:00",)"
          R"("last_transfer_number":0,"last_transfer_committed_at":"1970-01-01T00:00:00+00:00",)"
          R"("last_config_ts":"2026-01-01T11:59:59.999999+00:00","last_config_seqnum":0,)"
          R"("creation_date":"2026-01-01","negligible_amount":0.0,"config_data":"",)"
          R"("config_flags":0,"ts":"2026-01-01T12:00:00+00:00","ttl":604800,)"
          R"("commit_period":7776000,"account_id":"1","debtor_info_iri":"",)"
          R"("debtor_info_content_type":"","debtor_info_sha256":""})");
}

TEST_CASE("AccountUpdate of an account with a history") {
    AccountUpdate update;
    update.account = {-9, -1};
    update.creation_date = 0;
    update.last_change_seqnum = std::numeric_limits<std::int32_t>::min();
    update.principal = -k_amount_max;
    update.interest = 12.25;
    update.interest_rate = -3.567F;
    update.negligible_amount = 1e30F;
    update.config_flags = -1;
    update.config_data = "{\"rate\": 1}";
    update.debtor_info = {"https://example.com/d", "text/plain", std::string(64, 'A')};
    update.last_transfer_number = 77;
    const std::string body = body_of(update);
    for (const char* part :
         {R"("creditor_id":-1,)", R"("last_change_seqnum":-2147483648,)",
          R"("principal":-9223372036854775807,"interest":12.25,"interest_rate":-3.567,)",
          R"("creation_date":"1970-01-01","negligible_amount":1e+30,)",
          R"("config_data":"{\"rate\": 1}","config_flags":-1,)", R"("last_transfer_number":77,)",
          R"("account_id":"18446744073709551615","debtor_info_iri":"https://example.com/d",)",
          R"("debtor_info_content_type":"text/plain","debtor_info_sha256":"AAAA)"}) {
        INFO(part);
        CHECK(body.find(part) != std::string::npos);
    }
}

TEST_CASE("bodies that coordinators get") {
    const Coordinator coordinator{"agent", 2199023255553, 78};
    RejectedTransfer rejected{
        {-2, 2199023255553}, coordinator, "RECIPIENT_IS_UNREACHABLE", 5, k_noon_us + 123456};
    CHECK(body_of(rejected) ==
          R"({"type":"RejectedTransfer","coordinator_type":"agent",)"
          R"("coordinator_id":2199023255553,"coordinator_request_id":78,)"
          R"("status_code":"RECIPIENT_IS_UNREACHABLE","total_locked_amount":5,"debtor_id":-2,)"
          R"("creditor_id":2199023255553,"ts":"2026-01-01T12:00:00.123456+00:00"})");
    PreparedTransfer prepared;
    prepared.sender = {-2, 2199023255553};
    prepared.transfer_id = 22489410834530305;
    prepared.coordinator = coordinator;
    prepared.locked_amount = 40;
    prepared.recipient_creditor_id = -5;
    prepared.prepared_at_us = prepared.ts_us = k_noon_us;
    prepared.deadline_us = k_noon_us + 1;
    prepared.final_interest_rate_ts_us = k_end_of_time_us;
    CHECK(body_of(prepared) ==
          R"({"type":"PreparedTransfer","debtor_id":-2,"creditor_id":2199023255553,)"
          R"("transfer_id":22489410834530305,"coordinator_type":"agent",)"
          R"("coordinator_id":2199023255553,"coordinator_request_id":78,"locked_amount":40,)"
          R"("recipient":"18446744073709551611","prepared_at":"2026-01-01T12:00:00+00:00",)"
          R"("ts":"2026-01-01T12:00:00+00:00","demurrage_rate":-50.0,)"
          R"("deadline":"2026-01-01T12:00:00.000001+00:00",)"
          R"("final_interest_rate_ts":"9999-12-31T23:59:59+00:00"})");
    FinalizedTransfer finalized;
    finalized.sender = {-2, 1};
    finalized.transfer_id = 3;
    finalized.coordinator = coordinator;
    finalized.committed_amount = 4;
    finalized.total_locked_amount = 6;
    finalized.status_code = "OK";
    finalized.prepared_at_us = k_noon_us;
    finalized.ts_us = k_noon_us + 1'000'000;
    CHECK(body_of(finalized) ==
          R"({"type":"FinalizedTransfer","debtor_id":-2,"creditor_id":1,"transfer_id":3,)"
          R"("coordinator_type":"agent","coordinator_id":2199023255553,)"
          R"("coordinator_request_id":78,"prepared_at":"2026-01-01T12:00:00+00:00",)"
          R"("ts":"2026-01-01T12:00:01+00:00","committed_amount":4,"total_locked_amount":6,)"
          R"("status_code":"OK"})");
}

TEST_CASE("bodies that owners get") {
    AccountTransfer transfer;
    transfer.account = {-2, 11};
    transfer.creation_date = 20454;
    transfer.coordinator_type = "direct";
    transfer.transfer_number = 7;
    transfer.acquired_amount = -20;
    transfer.other_creditor_id = 12;
    transfer.note = {"-", "x"};
    transfer.committed_at_us = k_noon_us;
    transfer.principal = 3246;
    transfer.ts_us = k_noon_us + 1;
    const std::string head =
        R"({"type":"AccountTransfer","debtor_id":-2,"creditor_id":11,)"
        R"("creation_date":"2026-01-01","transfer_number":7,"coordinator_type":"direct",)"
        R"("committed_at":"2026-01-01T12:00:00+00:00","acquired_amount":)";
    const std::string middle = R"(,"transfer_note_format":"-","transfer_note":"x",)"
                               R"("principal":3246,"previous_transfer_number":6,)";
    const std::string tail = R"("ts":"2026-01-01T12:00:00.000001+00:00"})";
    CHECK(body_of(transfer) == head + "-20" + middle + R"("sender":"11","recipient":"12",)" + tail);
    transfer.acquired_amount = 20;
    CHECK(body_of(transfer) == head + "20" + middle + R"("sender":"12","recipient":"11",)" + tail);
    CHECK(body_of(AccountPurge{{-2, 5}, 19724, k_noon_us}) ==
          R"({"type":"AccountPurge","debtor_id":-2,"creditor_id":5,)"
          R"("creation_date":"2024-01-02","ts":"2026-01-01T12:00:00+00:00"})");
    RejectedConfig rejected;
    rejected.account = {-2, 5};
    rejected.config_ts_us = k_noon_us;
    rejected.config_seqnum = 123;
    rejected.config_flags = 8191;
    rejected.config_data = "xxx";
    rejected.rejection_code = "INVALID_CONFIGURATION";
    rejected.ts_us = k_noon_us + 2;
    CHECK(body_of(rejected) ==
          R"({"type":"RejectedConfig","debtor_id":-2,"creditor_id":5,)"
          R"("config_ts":"2026-01-01T12:00:00+00:00","config_seqnum":123,)"
          R"("negligible_amount":0.0,"config_data":"xxx","config_flags":8191,)"
          R"("ts":"2026-01-01T12:00:00.000002+00:00","rejection_code":"INVALID_CONFIGURATION"})");
}

TEST_CASE("what goes from shard to shard, and to its own chores, reads back as it was") {
    PendingBalanceChange change;
    change.account = {-2, 5};
    change.other_creditor_id = -7;
    change.change_id = 127061;
    change.coordinator_type = "issuing";
    change.note = {"-", "Glück\n"};
    change.committed_at_us = k_noon_us + 7;
    change.principal_delta = -5000;
    const std::string body = body_of(change);
    CHECK(body == R"({"type":"PendingBalanceChange","debtor_id":-2,"creditor_id":5,)"
                  R"("change_id":127061,"coordinator_type":"issuing","transfer_note_format":"-",)"
                  R"("transfer_note":"Glück\n","committed_at":"2026-01-01T12:00:00.000007+00:00",)"
                  R"("principal_delta":-5000,"other_creditor_id":-7})");
    const auto read = decode_request(body);
    REQUIRE(read);
    CHECK(body_of(std::get<PendingBalanceChange>(*read)) == body);

    ChangeInterestRate rate{{-1, 8}, 3.567, k_noon_us};
    CHECK(body_of(rate) == R"({"type":"ChangeInterestRate","debtor_id":-1,"creditor_id":8,)"
                           R"("interest_rate":3.567,"ts":"2026-01-01T12:00:00+00:00"})");
    UpdateDebtorInfo info{{-1, 8}, {"i", "c", std::string(64, 'B')}, k_noon_us};
    CHECK(body_of(info).find(R"("debtor_info_iri":"i","debtor_info_content_type":"c",)") !=
          std::string::npos);
    for (const std::string& chore :
         {body_of(rate), body_of(info), body_of(CapitalizeInterest{{-1, 8}}),
          body_of(TryToDeleteAccount{{-1, 8}})}) {
        const auto again = decode_chore(chore);
        REQUIRE(again);
        CHECK(std::visit([](const auto& message) { return body_of(message); }, *again) == chore);
    }
}
