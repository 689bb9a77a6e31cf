// Runs records through shipped declarations and those below tests/feeds, as import does.
#pragma once

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/config/compiled_in.hpp"
#include "core/config/config.hpp"
#include "core/time/civil.hpp"
#include "importers/feed/feed.hpp"
#include "tests/support/source.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers::test {

using Feeds = std::vector<std::shared_ptr<const Feed>>;

/// The shipped feeds, as every installation has them.
inline const Feeds& shipped() {
    static const Feeds feeds = load_feeds(config::defaults());
    return feeds;
}

/// The feeds of tests/feeds/NAME.yaml; they live as long as the program, because what they map may
/// point into them.
inline const Feeds& declared(const std::string& name) {
    static std::map<std::string, Feeds> all;
    auto& feeds = all[name];
    if (feeds.empty()) {
        const auto path = harmonia::test::source_root() / "tests" / "feeds" / (name + ".yaml");
        constexpr std::uint64_t bytes_max = 1 << 20;
        feeds = load_feeds(config::parse(read_file(path, bytes_max), name + ".yaml"));
    }
    return feeds;
}

inline std::shared_ptr<const Feed> named(const Feeds& feeds, std::string_view name) {
    for (const auto& feed : feeds)
        if (feed->name == name)
            return feed;
    throw Error(Exit::config, "no feed '" + std::string(name) + "'");
}

/// One record through a feed; what the tests compare, as text.
class Mapped {
public:
    Mapped(const Feed& feed, std::string_view raw, std::string_view header = {},
           std::string_view merchant = {})
        : raw_(raw) {
        std::vector<expr::Value> fields(feed.format->fields().size());
        if (auto parsed = feed.format->parse(raw_, header, fields, arena_); !parsed) {
            problem_ = parsed.error();
            return;
        }
        auto verdict = feed.transactions->map(fields, {1, raw_, merchant}, record_, arena_);
        if (verdict)
            verdict_ = *verdict;
        else
            problem_ = verdict.error();
    }
    Mapped(const Mapped&) = delete;

    [[nodiscard]] const MappedRecord* operator->() const { return &record_; }
    [[nodiscard]] std::string date() const { return time::print_utc(record_.transaction_date_us); }
    [[nodiscard]] Verdict verdict() const { return verdict_; }
    [[nodiscard]] bool kept() const { return !problem_ && verdict_ == Verdict::keep; }
    /// `code field`, or empty.
    [[nodiscard]] std::string problem() const {
        return problem_ ? problem_->code + " " + problem_->field : std::string();
    }

private:
    std::string raw_;
    expr::Arena arena_;
    MappedRecord record_;
    Verdict verdict_ = Verdict::keep;
    std::optional<Problem> problem_;
};

} // namespace harmonia::importers::test
