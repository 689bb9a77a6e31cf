// Reads one record through an order feed of the shipped configuration, as `import` does.
#pragma once

#include "core/base/error.hpp"
#include "core/config/compiled_in.hpp"
#include "core/config/config.hpp"
#include "core/config/layers.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/orders/check.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace harmonia::orders {

/// 2026-11-21T12:00:00Z, when every record of these tests arrives.
inline constexpr std::int64_t k_received_us = 1'795'262'400'000'000;

/// The test key of the examples, bytes 00…1f.
inline const card::CardKeys& test_keys() {
    static const auto keys = [] {
        const auto path = std::filesystem::temp_directory_path() /
                          ("harmonia-order-key-" + std::to_string(::getpid()));
        std::ofstream file(path);
        for (char byte = 0; byte < 32; ++byte)
            file.put(byte);
        file.close();
        ::chmod(path.c_str(), 0400);
        auto opened = card::CardKeys::open({path.string(), "", 1, 0, {}});
        std::filesystem::remove(path);
        return opened;
    }();
    return *keys;
}

inline std::shared_ptr<const importers::Feed> order_feed(const std::string& name,
                                                         const std::string& more = {}) {
    const std::string own =
        "feeds:\n  - {name: it, like: " + name + (more.empty() ? "" : ", " + more) + "}\n";
    const auto declared = config::merge(config::defaults(), config::parse(own, "test"));
    for (const auto& feed : importers::load_feeds(declared))
        if (feed->name == "it")
            return feed;
    return nullptr;
}

class Checked {
public:
    Checked(const std::string& feed_name, std::string raw, std::string header = {},
            const std::string& more = {})
        : raw_(std::move(raw)) {
        const auto feed = order_feed(feed_name, more);
        const auto parser = feed->format->parser(header);
        std::vector<expr::Value> fields(feed->format->fields().size());
        storable_ = parser->storable(raw_, arena_);
        if (auto parsed = parser->parse(raw_, fields, arena_); !parsed) {
            problem_ = parsed.error();
            return;
        }
        REQUIRE(feed->texts->read(fields, order.text, arena_));
        const std::function<const card::CardKeys&()> keys = []() -> const card::CardKeys& {
            return test_keys();
        };
        const CheckContext context{
            feed->order, {}, keys, feed->provider, k_received_us, true, storable_.secrets_dropped};
        if (auto good = check_order(order, feed->texts->lacking(fields), context, arena_); !good)
            problem_ = good.error();
    }
    Order order;
    [[nodiscard]] std::string_view stored() const { return storable_.text; }
    [[nodiscard]] bool good() const { return !problem_; }
    /// The codes of all faults, in order, joined by blanks.
    [[nodiscard]] std::string faults() const {
        std::string codes;
        std::string_view rest = problem_ ? std::string_view(problem_->detail) : std::string_view();
        if (problem_ && !rest.starts_with("V-"))
            return problem_->code;
        while (!rest.empty()) {
            codes.append(codes.empty() ? "" : " ").append(rest.substr(0, rest.find(' ')));
            const std::size_t next = rest.find("; ");
            rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 2);
        }
        return codes;
    }
    [[nodiscard]] std::string first() const { return problem_ ? problem_->code : ""; }
    [[nodiscard]] std::string warnings() const {
        std::string codes;
        for (std::size_t bit = 0; bit < k_warning_codes.size(); ++bit)
            if ((order.warnings >> bit & 1U) != 0)
                codes.append(codes.empty() ? "" : " ").append(k_warning_codes[bit]);
        return codes;
    }
    [[nodiscard]] std::string text(importers::OrderField field) {
        return std::string(order.at(field).value_or("-"));
    }

private:
    std::string raw_;
    expr::Arena arena_;
    importers::Storable storable_;
    std::optional<Problem> problem_;
};

/// A valid CSV record with this amount; more columns with their values.
inline Checked csv_order(const std::string& amount, const std::string& currency,
                         const std::string& columns = {}, const std::string& values = {},
                         const std::string& more = {}) {
    return Checked("orders-csv",
                   "t1,2026-11-21T11:00:00Z," + amount + "," + currency + ",wallet" +
                       (values.empty() ? "" : "," + values),
                   "external_id,event_time,amount,currency,method" +
                       (columns.empty() ? "" : "," + columns),
                   more);
}
inline Checked json_order(const std::string& members, const std::string& more = {}) {
    return Checked("orders-ndjson",
                   R"({"external_id":"t1","event_time":"2026-11-21T11:00:00Z","method":"wallet",)" +
                       members + "}",
                   {}, more);
}

} // namespace harmonia::orders
