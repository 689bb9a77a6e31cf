#include "tests/e2e/shards/agents.hpp"

#include "core/time/civil.hpp"
#include "core/time/clock.hpp"
#include "tests/support/broker.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::test {
namespace {

using Json = nlohmann::json;

constexpr const char* k_queue = "agents";
constexpr int k_heartbeat_s = 600;
constexpr std::int64_t k_agent = 0x0000020000000000; // the first 24 bits of their ids

std::string now() {
    return time::print_utc(time::system_clock().now_us());
}

// A session answers heartbeats only while it is used, and agents are idle while commands run.
broker::Settings patient() {
    auto settings = BrokerHost::instance().settings();
    settings.heartbeat_s = k_heartbeat_s;
    return settings;
}

} // namespace

Agents::Agents(int debtors, int creditors)
    : session_(patient()), publisher_(patient()), debtors_(debtors), creditors_(creditors) {
    session_.delete_queue(k_queue);
    session_.declare(
        {{}, {{.name = k_queue}}, {{k_queue, "to_creditors", "#"}, {k_queue, "to_debtors", "#"}}});
    for (std::int64_t debtor = 1; debtor <= debtors; ++debtor)
        for (std::int64_t creditor = 1; creditor <= creditors; ++creditor)
            accounts_.push_back({debtor, k_agent + creditor});
}

void Agents::send(const Json& body) {
    broker::Message message;
    message.exchange = "accounts_in";
    message.routing_key = smp::binary_key({body.at("debtor_id"), body.at("creditor_id")});
    message.properties.content_type = "application/json";
    message.properties.type = body.at("type");
    message.properties.delivery_mode = std::uint8_t{2};
    message.body = body.dump();
    publisher_.publish(std::move(message), 1);
    while (publisher_.outstanding() > 0)
        for (const auto& outcome :
             publisher_.take(Failpoint::export_outbox_confirm, std::chrono::seconds(1)))
            if (outcome.state != broker::Outcome::State::confirmed)
                complain(broker::outcome_name(outcome.state), body);
}

void Agents::complain(const std::string& what, const Json& message) {
    complaints_.push_back(what + ": " + message.dump());
}

void Agents::open_accounts() {
    const auto open = [&](const smp::AccountKey& account, double negligible) {
        due_[account] = 0;
        send({{"type", "ConfigureAccount"},
              {"debtor_id", account.debtor_id},
              {"creditor_id", account.creditor_id},
              {"ts", now()},
              {"seqnum", 1},
              {"negligible_amount", negligible},
              {"config_flags", 0},
              {"config_data", ""}});
    };
    for (std::int64_t debtor = 1; debtor <= debtors_; ++debtor)
        open({debtor, smp::k_root_creditor}, 1e30);
    for (const smp::AccountKey& account : accounts_)
        open(account, 0);
}

void Agents::issue(std::int64_t amount) {
    for (const smp::AccountKey& account : accounts_)
        request({account.debtor_id, smp::k_root_creditor}, account.creditor_id, amount);
}

void Agents::pay(int count) {
    const auto n = static_cast<std::size_t>(creditors_);
    for (int i = 0; i < count; ++i) {
        const std::size_t debtor = random_() % static_cast<std::size_t>(debtors_);
        const std::size_t from = random_() % n, to = (from + 1 + random_() % (n - 1)) % n;
        pay(accounts_[debtor * n + from], accounts_[debtor * n + to].creditor_id,
            1 + static_cast<std::int64_t>(random_() % 1000));
    }
}

void Agents::pay(const smp::AccountKey& sender, std::int64_t recipient, std::int64_t amount) {
    request(sender, recipient, amount);
}

void Agents::request(const smp::AccountKey& sender, std::int64_t recipient, std::int64_t amount) {
    const auto id = static_cast<std::int64_t>(requests_.size() + 1);
    const bool issuing = sender.creditor_id == smp::k_root_creditor;
    requests_[id] = {sender, recipient, amount, {}, false};
    due_[sender] -= amount;
    due_[{sender.debtor_id, recipient}] += amount;
    send({{"type", "PrepareTransfer"},
          {"debtor_id", sender.debtor_id},
          {"creditor_id", sender.creditor_id},
          {"coordinator_type", issuing ? "issuing" : "direct"},
          {"coordinator_id", issuing ? sender.debtor_id : sender.creditor_id},
          {"coordinator_request_id", id},
          {"min_locked_amount", amount},
          {"max_locked_amount", amount},
          {"recipient", smp::account_id(recipient)},
          {"final_interest_rate_ts", "9999-12-31T23:59:59+00:00"},
          {"max_commit_delay", 10'000'000},
          {"ts", now()}});
}

std::size_t Agents::listen() {
    std::size_t heard = 0;
    while (const auto delivery = session_.get(k_queue)) {
        ++heard;
        const Json message = Json::parse(delivery->body);
        const std::string type = message.at("type");
        if (type == "PreparedTransfer")
            answer(message);
        else if (type == "FinalizedTransfer")
            note_end(message);
        else if (type == "AccountTransfer")
            note_transfer(message);
        else if (type != "AccountUpdate")
            complain("unexpected message", message);
    }
    return heard;
}

void Agents::answer(const Json& prepared) {
    Request& request = requests_.at(prepared.at("coordinator_request_id"));
    const std::int64_t transfer = prepared.at("transfer_id");
    const bool first = !request.transfer.has_value();
    if (first)
        request.transfer = transfer;
    const bool chosen = *request.transfer == transfer;
    surplus_ += chosen ? 0 : 1;
    send({{"type", "FinalizeTransfer"},
          {"debtor_id", prepared.at("debtor_id")},
          {"creditor_id", prepared.at("creditor_id")},
          {"coordinator_type", prepared.at("coordinator_type")},
          {"coordinator_id", prepared.at("coordinator_id")},
          {"coordinator_request_id", prepared.at("coordinator_request_id")},
          {"transfer_id", transfer},
          {"committed_amount", chosen ? request.amount : 0},
          {"transfer_note", ""},
          {"transfer_note_format", ""},
          {"ts", now()}});
}

void Agents::note_end(const Json& finalized) {
    Request& request = requests_.at(finalized.at("coordinator_request_id"));
    const bool chosen = request.transfer == finalized.at("transfer_id").get<std::int64_t>();
    if (finalized.at("status_code") != "OK" ||
        finalized.at("committed_amount") != (chosen ? request.amount : 0))
        complain("not as requested", finalized);
    if (chosen && !request.finished) {
        request.finished = true;
        ++finished_;
    }
}

void Agents::note_transfer(const Json& transfer) {
    const smp::AccountKey account{transfer.at("debtor_id"), transfer.at("creditor_id")};
    const std::int64_t amount = transfer.at("acquired_amount");
    const auto [known, fresh] =
        announced_[account].emplace(transfer.at("transfer_number").get<std::int64_t>(), amount);
    if (!fresh && known->second != amount)
        complain("another transfer of that number", transfer);
}

std::vector<std::string> Agents::complaints(bool at_the_end) const {
    auto all = complaints_;
    if (!at_the_end)
        return all;
    for (const auto& [id, request] : requests_)
        if (!request.finished)
            all.push_back(fmt::format("request {} is not finished", id));
    for (const smp::AccountKey& account : accounts_) {
        const auto announced = announced_.find(account);
        std::int64_t sum = 0, count = 0;
        if (announced != announced_.end())
            for (const auto& [number, amount] : announced->second) {
                sum += amount;
                if (number != ++count)
                    all.push_back(fmt::format("{}/{}: transfer {} is missing", account.debtor_id,
                                              account.creditor_id, count));
            }
        if (sum != due_.at(account))
            all.push_back(fmt::format("{}/{} was notified of {}, expected {}", account.debtor_id,
                                      account.creditor_id, sum, due_.at(account)));
    }
    return all;
}

} // namespace harmonia::test
