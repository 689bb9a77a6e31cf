// Ways to reach people and programs: one kind a file (channel_*.cpp) and one line in channels.def.
//
// A Channel is a declaration, checked when it is loaded; it makes payloads, which are stored with
// the delivery so that every attempt sends the same, and senders, which keep connections.
#pragma once

#include "core/config/value.hpp"
#include "core/expr/template.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::db {
class Transaction;
}

namespace harmonia::alert {

using Json = nlohmann::json;

inline constexpr std::size_t k_listed_max = 50; ///< alerts that one message lists; more are counted

/// What messages look like.
struct Texts {
    expr::Template subject, text, sms;
    std::optional<expr::Template> html;
};

/// One notification as data for templates (docs/reference/alerts.md), at most k_listed_max alerts.
struct Telling {
    Json data;
    std::string group_id; ///< threads mails, keys webhooks
};

/// A delivery as its sender gets it.
struct Letter {
    long long id = 0;
    std::string key;    ///< idempotency key, the same at every attempt
    std::string target; ///< one of Channel::targets()
    std::int64_t created_us = 0;
    Json payload;
};

/// What one attempt came to.
struct Result {
    enum class Class { sent, transient, permanent, unsent } outcome = Class::unsent;
    int code = 0;      ///< SMTP or HTTP status, or exit code; 0: none
    std::string reply; ///< the receiver's words, or why there are none
    std::string provider_id{};
    std::int64_t retry_after_s = 0; ///< the receiver asks for so much patience
    int duration_ms = 0;
};
[[nodiscard]] const char* class_name(Result::Class outcome);

class Sender {
public:
    virtual ~Sender() = default;
    /// Tries all; results in their order. `unsent`: a stop was asked for. One thread.
    [[nodiscard]] virtual std::vector<Result> send(std::span<const Letter> letters) = 0;
    /// Runs in the transaction that records the results: for channels whose sending is a row.
    virtual void commit_with(db::Transaction&, std::span<const Letter>) {}
};

class Channel {
public:
    Channel(std::string name, std::string type) : name_(std::move(name)), type_(std::move(type)) {}
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& type() const { return type_; }
    /// email or sms, as the alerts of the original ask for; otherwise the type.
    [[nodiscard]] virtual std::string hint() const { return type_; }
    /// Each gets a delivery of its own.
    [[nodiscard]] virtual std::vector<std::string> targets() const = 0;
    /// A target as it may be logged and recorded.
    [[nodiscard]] virtual std::string masked(const std::string& target) const { return target; }
    [[nodiscard]] virtual Json payload(const Telling& telling, const Texts& texts,
                                       const std::string& target) const = 0;
    /// How many are sent at a time: pieces of twice as many, so that the lease outlasts them.
    [[nodiscard]] virtual int at_once() const { return 4; }
    [[nodiscard]] virtual std::optional<int> daily_budget() const { return std::nullopt; }
    /// The exchange that its messages go to; empty: none, or the broker's own.
    [[nodiscard]] virtual std::string exchange() const { return {}; }
    [[nodiscard]] virtual std::unique_ptr<Sender> open() const = 0;

private:
    std::string name_, type_;
};

/// What a declaration may need of the rest of the section.
struct ChannelContext {
    std::string mail_domain; ///< of Message-IDs
};

/// One item of `alerts.channels`. Error(config) placed at the mistake.
[[nodiscard]] std::shared_ptr<const Channel> read_channel(const std::string& name,
                                                          const config::Value& declaration,
                                                          const ChannelContext& context);

/// Every path that a template may use.
[[nodiscard]] const Json& template_form();
/// The template `key` of a map, or `otherwise`. Error(config) placed at the mistake.
[[nodiscard]] expr::Template
read_template(config::Reader& reader, const char* key, const std::string& otherwise,
              expr::Template::Escape escape = expr::Template::Escape::none);

/// `a***@example.com`, `+49***12`.
[[nodiscard]] std::string masked_address(const std::string& address);

} // namespace harmonia::alert
