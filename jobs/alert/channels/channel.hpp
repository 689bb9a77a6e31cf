// Ways to reach people and programs: one type a file (smtp.cpp, webhook.cpp …) and one line in
// channels.def.
//
// A Channel is a declaration, checked when the configuration is loaded. It makes payloads, which
// are stored with the delivery so that every attempt sends the same bytes, and transports, which
// keep connections open.
#pragma once

#include "core/config/value.hpp"
#include "core/expr/template.hpp"

#include <nlohmann/json_fwd.hpp>

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

using Json = nlohmann::json; ///< declared only: sources that look inside include nlohmann/json.hpp

inline constexpr std::size_t k_listed_max = 50; ///< alerts that one message lists; more are counted

/// What messages look like.
struct Texts {
    expr::Template subject, text, sms;
    std::optional<expr::Template> html;
};

/// A delivery as its transport gets it.
struct Delivery {
    std::int64_t id = 0;
    std::string key;    ///< idempotency key, the same at every attempt
    std::string target; ///< one of Channel::targets()
    std::int64_t created_us = 0;
    std::string payload; ///< as Channel::payload() made it
};

/// The outcome of one attempt.
struct Result {
    enum class Class { sent, transient, permanent, unsent } outcome = Class::unsent;
    int code = 0;      ///< SMTP or HTTP status, or exit code; 0: none
    std::string reply; ///< the receiver's answer, or why there is none
    std::string provider_id{};
    std::int64_t retry_after_s = 0; ///< how long the receiver asks to wait
    int duration_ms = 0;
};
[[nodiscard]] const char* class_name(Result::Class outcome);

class Transport {
public:
    virtual ~Transport() = default;
    /// Tries all; results in their order. `unsent`: a stop was requested. One thread.
    [[nodiscard]] virtual std::vector<Result> send(std::span<const Delivery> deliveries) = 0;
    /// Runs in the transaction that records the results: for channels that send by writing a row.
    virtual void commit_with(db::Transaction&, std::span<const Delivery>) {}
};

class Channel {
public:
    Channel(std::string name, std::string type) : name_(std::move(name)), type_(std::move(type)) {}
    virtual ~Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& type() const { return type_; }
    /// email or sms, as the original's alerts request them; otherwise the type.
    [[nodiscard]] virtual std::string hint() const { return type_; }
    /// Each gets a delivery of its own.
    [[nodiscard]] virtual std::vector<std::string> targets() const = 0;
    /// A target in the form that may be logged and recorded.
    [[nodiscard]] virtual std::string masked(const std::string& target) const { return target; }
    /// A JSON object. `data`: one notification as templates see it (docs/reference/alerts.md), with
    /// at most k_listed_max alerts.
    [[nodiscard]] virtual std::string payload(const Json& data, const Texts& texts,
                                              const std::string& target) const = 0;
    /// How many are sent at a time; chunks are twice as large, so that the lease outlasts them.
    [[nodiscard]] virtual int at_once() const { return 4; }
    [[nodiscard]] virtual std::optional<int> daily_budget() const { return std::nullopt; }
    /// The exchange that its messages go to; empty: none, or the broker's default one.
    [[nodiscard]] virtual std::string exchange() const { return {}; }
    [[nodiscard]] virtual std::unique_ptr<Transport> open() const = 0;

private:
    std::string name_, type_;
};

/// What a declaration may need from the rest of the section.
struct ChannelContext {
    std::string mail_domain; ///< of Message-IDs
};

/// One item of `alerts.channels`. Error(config) placed at the mistake.
[[nodiscard]] std::shared_ptr<const Channel> read_channel(const std::string& name,
                                                          const config::Value& declaration,
                                                          const ChannelContext& context);

/// Every path that a template may use.
[[nodiscard]] const Json& template_form();
/// The template `key` of a map, or `fallback`. Error(config) placed at the mistake.
[[nodiscard]] expr::Template
read_template(config::Reader& reader, const char* key, const std::string& fallback,
              expr::Template::Escape escape = expr::Template::Escape::none);

/// `a***@example.com`, `+49***12`.
[[nodiscard]] std::string masked_address(const std::string& address);

} // namespace harmonia::alert
