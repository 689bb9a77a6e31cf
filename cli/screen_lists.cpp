#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "core/base/text.hpp"
#include "core/card/card_key.hpp"
#include "core/card/pan.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"
#include "jobs/screen/lists.hpp"
#include "jobs/screen/suppress.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>

namespace harmonia::cli {
namespace {

bool is_hash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Card numbers from standard input, one a line, as their keyed hashes under every key in use.
std::vector<std::string> hashes_from_input(const Context& context) {
    const auto keys = card::CardKeys::open(card::read_card_settings(context.config));
    std::vector<std::string> out;
    std::string line;
    for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
        if (trim(line).empty())
            continue;
        card::Pan pan;
        const bool read = pan.read(trim(line));
        card::wipe(line.data(), line.size());
        if (!read)
            throw Error(Exit::data,
                        fmt::format("line {}: no card number of 12 to 19 digits", number));
        const auto hex_of = [](const card::CardHash& hash) {
            return hex({reinterpret_cast<const char*>(hash.hmac.data()), hash.hmac.size()});
        };
        out.push_back(hex_of(keys->hash(pan.digits())));
        if (const auto previous = keys->previous_hash(pan.digits()))
            out.push_back(hex_of(*previous));
    }
    return out;
}

class Lists final : public ScreenGroup {
public:
    void setup(CLI::App& screen) override {
        setup_lists(screen);
        setup_suppress(screen);
        setup_rates(screen);
    }
    [[nodiscard]] bool parsed() const override {
        return lists_->parsed() || suppress_->parsed() || rates_->parsed();
    }
    [[nodiscard]] bool recorded() const override {
        return !show_->parsed() && !export_->parsed() && !(suppress_->parsed() && list_all_);
    }
    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (suppress_->parsed())
            return suppress(context, *connection);
        if (rates_->parsed())
            return changed(screen::load_rates(*connection, screen::read_rates_file(file_)),
                           "rates");
        if (show_->parsed() && list_.empty())
            return show_all(*connection);
        if (show_->parsed() || export_->parsed())
            return show(*connection);
        if (remove_->parsed())
            return changed(screen::remove_entries(*connection, list_, values(context, *connection),
                                                  person(by_)),
                           "entries");
        return changed(screen::add_entries(*connection, list_, key_, entries(context, *connection),
                                           person(by_)),
                       "entries");
    }

private:
    void setup_lists(CLI::App& screen) {
        lists_ = screen.add_subcommand("lists", "change and show managed lists");
        lists_->require_subcommand(1);
        add_ = lists_->add_subcommand("add", "add values; card numbers come on standard input");
        remove_ = lists_->add_subcommand("remove", "remove values");
        import_ = lists_->add_subcommand("import", "add the rows value,reason,expires_at of a CSV");
        export_ = lists_->add_subcommand("export", "print a list as import reads it");
        show_ = lists_->add_subcommand("show", "list the lists, or one list's values");
        for (CLI::App* verb : {add_, remove_, import_, export_})
            verb->add_option("LIST", list_)->required();
        show_->add_option("LIST", list_);
        for (CLI::App* verb : {add_, remove_})
            verb->add_option("VALUE", values_, "values; of a card list their hashes");
        import_->add_option("FILE", file_, "- is standard input")->required();
        for (CLI::App* verb : {add_, import_})
            verb->add_option("--key", key_,
                             "makes the list: what it holds (card, customer, mcc …)");
        add_->add_option("--reason", reason_, "why");
        add_->add_option("--for", for_, "how long")->type_name("DURATION");
        for (CLI::App* verb : {add_, remove_, import_})
            add_by(*verb, by_);
    }
    void setup_suppress(CLI::App& screen) {
        suppress_ = screen.add_subcommand(
            "suppress", "let hits of a rule on one value be without consequence for a while");
        suppress_->add_option("RULE", rule_, "the rule's id, or * for all");
        suppress_->add_option("KEY=VALUE", pair_,
                              "a card by its hash, or card=- on standard input");
        suppress_->add_option("--for", for_, "how long")->type_name("DURATION");
        suppress_->add_option("--reason", reason_, "why");
        suppress_->add_option("--ruleset", ruleset_, "of which rule set");
        suppress_->add_option("--from", from_, "when it begins; now without");
        suppress_->add_option("--end", end_, "end the suppression of this number");
        suppress_->add_flag("--list", list_all_, "show those that stand");
        add_by(*suppress_, by_);
    }
    void setup_rates(CLI::App& screen) {
        rates_ = screen.add_subcommand("rates", "exchange rates into base currencies");
        rates_->require_subcommand(1);
        auto* load =
            rates_->add_subcommand("load", "load a CSV day,from_currency,to_currency,rate");
        load->add_option("FILE", file_, "- is standard input")->required();
    }

    [[nodiscard]] bool holds_cards(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return screen::list_key(tx, list_).value_or(key_) == "card";
    }

    std::vector<std::string> values(const Context& context, db::Connection& connection) const {
        if (!holds_cards(connection)) {
            if (values_.empty())
                throw Error(Exit::usage, "name at least one value");
            return values_;
        }
        for (const std::string& value : values_)
            if (!is_hash(value))
                throw Error(Exit::usage, "card numbers are not taken as arguments",
                            "Give them on standard input, one a line.");
        return values_.empty() ? hashes_from_input(context) : values_;
    }

    std::vector<screen::ManagedEntry> entries(const Context& context,
                                              db::Connection& connection) const {
        if (import_->parsed()) {
            auto rows = screen::read_list_file(file_);
            if (holds_cards(connection))
                for (const auto& row : rows)
                    if (!is_hash(row.value))
                        throw Error(Exit::data, "a card list takes hashes from a file",
                                    "harmonia screen lists add takes card numbers on standard "
                                    "input.");
            return rows;
        }
        std::optional<std::string> until;
        if (!for_.empty())
            until =
                time::print_utc(time::system_clock().now_us() + duration_ms("--for", for_) * 1000);
        std::vector<screen::ManagedEntry> out;
        for (const std::string& value : values(context, connection))
            out.push_back({value, reason_, "", std::nullopt, until});
        return out;
    }

    static Report changed(const screen::ListChange& change, const char* what) {
        return {Exit::done,
                {{"changed", change.changed}, {"same", change.same}},
                change.revision == 0
                    ? fmt::format("nothing changed ({} {} were so already)\n", change.same, what)
                    : fmt::format("{} {} changed, {} were so already; revision {}\n",
                                  change.changed, what, change.same, change.revision),
                fmt::format(R"({{"revision": {}}})", change.revision)};
    }

    static Report show_all(db::Connection& connection) {
        std::vector<std::vector<std::string>> rows{{"list", "key", "entries", "revision"}};
        std::string json;
        for (const auto& one : screen::show_lists(connection)) {
            rows.push_back(
                {one.name, one.key, std::to_string(one.entries), std::to_string(one.revision)});
            json += fmt::format(R"({}{{"list": {}, "key": {}, "entries": {}, "revision": {}}})",
                                json.empty() ? "" : ", ", json_quoted(one.name),
                                json_quoted(one.key), one.entries, one.revision);
        }
        return {Exit::done,
                {},
                rows.size() == 1 ? "no list is managed\n" : table(rows),
                "[" + json + "]"};
    }

    Report show(db::Connection& connection) const {
        std::string csv = "value,reason,expires_at\n", json;
        for (const auto& one : screen::show_list(connection, list_)) {
            csv += fmt::format("{},{},{}\n", one.value, one.reason, one.expires_at.value_or(""));
            json += fmt::format(
                R"({}{{"value": {}, "reason": {}, "expires_at": {}, "by": {}}})",
                json.empty() ? "" : ", ", json_quoted(one.value), json_quoted(one.reason),
                one.expires_at ? json_quoted(*one.expires_at) : "null", json_quoted(one.added_by));
        }
        return {Exit::done, {}, csv, "[" + json + "]"};
    }

    Report suppress(const Context& context, db::Connection& connection) {
        if (list_all_)
            return suppressions(connection);
        if (end_) {
            if (!screen::end_suppression(connection, *end_))
                throw Error(Exit::no_input, fmt::format("no suppression {} stands", *end_));
            return {Exit::done, {{"ended", 1}}, fmt::format("suppression {} ended\n", *end_), ""};
        }
        const auto equals = pair_.find('=');
        if (rule_.empty() || equals == std::string::npos || equals == 0 || for_.empty() ||
            reason_.empty() || ruleset_.empty())
            throw Error(Exit::usage, "a suppression needs RULE KEY=VALUE --ruleset --for --reason",
                        "For instance: screen suppress A-3X-MEAN customer=c9 --ruleset cards "
                        "--for 7d --reason 'known purchase'.");
        screen::StoredSuppression wanted;
        wanted.ruleset = ruleset_;
        wanted.rule_id = rule_;
        wanted.key = pair_.substr(0, equals);
        wanted.value = pair_.substr(equals + 1);
        wanted.starts_at = from_;
        wanted.created_by = person(by_);
        wanted.reason = reason_;
        if (wanted.key == "card" && !is_hash(wanted.value)) {
            if (wanted.value != "-")
                throw Error(Exit::usage, "card numbers are not taken as arguments",
                            "Write card=- and give the number on standard input, or its hash.");
            const auto hashes = hashes_from_input(context);
            if (hashes.empty())
                throw Error(Exit::usage, "no card number came on standard input");
            wanted.value = hashes.front();
        }
        const auto id = screen::suppress(connection, wanted, duration_ms("--for", for_));
        return {Exit::done,
                {{"suppressed", 1}},
                fmt::format("suppression {}: {} on {} for {}\n", id, rule_, wanted.key, for_),
                fmt::format(R"({{"id": {}}})", id)};
    }

    static Report suppressions(db::Connection& connection) {
        std::vector<std::vector<std::string>> rows{
            {"number", "rule set", "rule", "key", "value", "until", "by", "reason"}};
        for (const auto& one : screen::list_suppressions(connection, false))
            rows.push_back({std::to_string(one.id), one.ruleset, one.rule_id, one.key, one.value,
                            one.expires_at, one.created_by, one.reason});
        return {Exit::done,
                {{"suppressions", static_cast<std::int64_t>(rows.size()) - 1}},
                rows.size() == 1 ? "no suppression stands\n" : table(rows),
                ""};
    }

    CLI::App *lists_ = nullptr, *add_ = nullptr, *remove_ = nullptr, *import_ = nullptr,
             *export_ = nullptr, *show_ = nullptr, *suppress_ = nullptr, *rates_ = nullptr;
    std::string list_, key_, reason_, for_, by_, file_, rule_, pair_, ruleset_, from_;
    std::vector<std::string> values_;
    std::optional<long long> end_;
    bool list_all_ = false;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_lists() {
    return std::make_unique<Lists>();
}

} // namespace harmonia::cli
