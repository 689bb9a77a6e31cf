// `harmonia screen lists`, `suppress` and `rates`. Card numbers come from standard input only, and
// are hashed before anything else sees them.
#include "jobs/screen/manage/lists.hpp"

#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/base/text.hpp"
#include "core/card/card_key.hpp"
#include "core/card/pan.hpp"
#include "core/json/writer.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"
#include "jobs/screen/manage/suppress.hpp"

#include <fmt/format.h>

#include <iostream>

namespace harmonia::cli {
namespace {

bool is_hash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Card numbers from standard input, one per line, as their keyed hashes under every key in use.
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
                        fmt::format("line {} must be a card number of 12 to 19 digits", number));
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
    void setup(Arguments screen) override {
        setup_lists(screen);
        setup_suppress(screen);
        setup_rates(screen);
    }
    [[nodiscard]] bool parsed() const override {
        return lists_.parsed() || suppress_.parsed() || rates_.parsed();
    }
    [[nodiscard]] bool recorded() const override {
        return !show_.parsed() && !export_.parsed() && !(suppress_.parsed() && list_all_);
    }
    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (suppress_.parsed())
            return suppress(context, *connection);
        if (rates_.parsed())
            return changed(screen::load_rates(*connection, screen::read_rates_file(file_)),
                           "rates");
        if (show_.parsed() && list_.empty())
            return show_all(*connection);
        if (show_.parsed() || export_.parsed())
            return show(*connection);
        if (remove_.parsed())
            return changed(screen::remove_entries(*connection, list_, values(context, *connection),
                                                  person(by_)),
                           "entries");
        return changed(screen::add_entries(*connection, list_, key_, entries(context, *connection),
                                           person(by_)),
                       "entries");
    }

private:
    void setup_lists(Arguments screen) {
        lists_ = screen.subcommand("lists", "change and show managed lists");
        lists_.require_subcommand();
        add_ = lists_.subcommand("add", "add values; card numbers are read from standard input");
        remove_ =
            lists_.subcommand("remove", "remove values; card numbers are read from standard input");
        import_ =
            lists_.subcommand("import", "add the rows of a CSV file: value,reason,expires_at");
        export_ = lists_.subcommand("export", "print a list as import reads it");
        show_ = lists_.subcommand("show", "list all lists, or one list's values");
        for (Arguments* verb : {&add_, &remove_, &import_, &export_})
            verb->text("LIST", list_, "a list's name").required();
        show_.text("LIST", list_, "a list's name [default: list all lists]");
        for (Arguments* verb : {&add_, &remove_})
            verb->texts("VALUE", values_, "values; for a card list, hashes of cards");
        import_.text("FILE", file_, "CSV file; - is standard input").required();
        for (Arguments* verb : {&add_, &import_})
            verb->text("--key TYPE", key_,
                       "create the list for values of this type: card, customer, mcc, ...");
        add_.text("--reason TEXT", reason_, "why, kept with the values");
        add_.duration("--for DURATION", for_, "how long the values stay [default: for ever]");
        for (Arguments* verb : {&add_, &remove_, &import_})
            add_by(*verb, by_);
    }
    void setup_suppress(Arguments screen) {
        suppress_ =
            screen.subcommand("suppress", "suppress a rule's hits on one value for a while");
        suppress_.text("RULE", rule_, "a rule's id, or * for all rules");
        suppress_.text("KEY=VALUE", pair_,
                       "the value; a card by its hash, or card=- to read it from standard input");
        suppress_.duration("--for DURATION", for_, "how long it lasts");
        suppress_.text("--reason TEXT", reason_, "why, kept with the suppression");
        suppress_.text("--ruleset NAME", ruleset_, "the rule's rule set");
        suppress_.text("--from INSTANT", from_, "when it starts [default: now]");
        suppress_.number("--end ID", end_, "end the suppression with this id");
        suppress_.flag("--list", list_all_, "list active suppressions");
        add_by(suppress_, by_);
    }
    void setup_rates(Arguments screen) {
        rates_ = screen.subcommand("rates", "manage exchange rates into base currencies");
        rates_.require_subcommand();
        rates_.subcommand("load", "load a CSV file: day,from_currency,to_currency,rate")
            .text("FILE", file_, "CSV file; - is standard input")
            .required();
    }

    [[nodiscard]] bool holds_cards(db::Connection& connection) const {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return screen::list_key(tx, list_).value_or(key_) == "card";
    }

    std::vector<std::string> values(const Context& context, db::Connection& connection) const {
        if (!holds_cards(connection)) {
            if (values_.empty())
                throw Error(Exit::usage, "at least one VALUE is required");
            return values_;
        }
        for (const std::string& value : values_)
            if (!is_hash(value))
                throw Error(Exit::usage, "card numbers cannot be given as arguments",
                            "Give them on standard input, one per line.");
        return values_.empty() ? hashes_from_input(context) : values_;
    }

    std::vector<screen::ManagedEntry> entries(const Context& context,
                                              db::Connection& connection) const {
        if (import_.parsed()) {
            auto rows = screen::read_list_file(file_);
            if (holds_cards(connection))
                for (const auto& row : rows)
                    if (!is_hash(row.value))
                        throw Error(Exit::data, "a card list can import only hashes of cards",
                                    "harmonia screen lists add reads card numbers from standard "
                                    "input.");
            return rows;
        }
        std::optional<std::string> until;
        if (for_)
            until = time::print_utc(time::system_clock().now_us() +
                                    std::chrono::microseconds(*for_).count());
        std::vector<screen::ManagedEntry> out;
        for (const std::string& value : values(context, connection))
            out.push_back({value, reason_, "", std::nullopt, until});
        return out;
    }

    static Report changed(const screen::ListChange& change, const char* what) {
        return {Exit::done,
                {{"changed", change.changed}, {"same", change.same}},
                change.revision == 0
                    ? fmt::format("nothing changed ({} {} were up to date)\n", change.same, what)
                    : fmt::format("{} {} changed, {} were up to date; revision {}\n",
                                  change.changed, what, change.same, change.revision),
                json::Writer().open('{').member("revision", change.revision).close('}').take()};
    }

    static Report show_all(db::Connection& connection) {
        std::vector<std::vector<std::string>> rows{{"list", "key", "entries", "revision"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& one : screen::show_lists(connection)) {
            rows.push_back(
                {one.name, one.key, std::to_string(one.entries), std::to_string(one.revision)});
            writer.open('{')
                .member("list", one.name)
                .member("key", one.key)
                .member("entries", one.entries)
                .member("revision", one.revision)
                .close('}');
        }
        return {Exit::done,
                {},
                rows.size() == 1 ? "no lists\n" : table(rows),
                writer.close(']').take()};
    }

    Report show(db::Connection& connection) const {
        std::string csv = "value,reason,expires_at\n";
        json::Writer writer;
        writer.open('[');
        for (const auto& one : screen::show_list(connection, list_)) {
            csv += fmt::format("{},{},{}\n", one.value, one.reason, one.expires_at.value_or(""));
            writer.open('{')
                .member("value", one.value)
                .member("reason", one.reason)
                .member("expires_at", one.expires_at)
                .member("by", one.added_by)
                .close('}');
        }
        return {Exit::done, {}, csv, writer.close(']').take()};
    }

    Report suppress(const Context& context, db::Connection& connection) {
        if (list_all_)
            return suppressions(connection);
        if (end_) {
            if (!screen::end_suppression(connection, *end_))
                throw Error(Exit::no_input,
                            fmt::format("there is no active suppression {}", *end_));
            return {Exit::done, {{"ended", 1}}, fmt::format("suppression {} ended\n", *end_), ""};
        }
        const auto equals = pair_.find('=');
        if (rule_.empty() || equals == std::string::npos || equals == 0 || !for_ ||
            reason_.empty() || ruleset_.empty())
            throw Error(Exit::usage,
                        "a suppression requires RULE, KEY=VALUE, --ruleset, --for and --reason",
                        "For example: harmonia screen suppress A-3X-MEAN customer=c9 --ruleset "
                        "cards --for 7d --reason 'known purchase'.");
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
                throw Error(Exit::usage, "card numbers cannot be given as arguments",
                            "Write card=- and give the number on standard input, or write its "
                            "hash.");
            const auto hashes = hashes_from_input(context);
            if (hashes.empty())
                throw Error(Exit::usage, "standard input holds no card number");
            wanted.value = hashes.front();
        }
        const auto id = screen::suppress(connection, wanted, for_->count());
        return {Exit::done,
                {{"suppressed", 1}},
                fmt::format("suppression {}: {} on {}\n", id, rule_, wanted.key),
                json::Writer().open('{').member("id", id).close('}').take()};
    }

    static Report suppressions(db::Connection& connection) {
        std::vector<std::vector<std::string>> rows{
            {"id", "rule set", "rule", "key", "value", "until", "by", "reason"}};
        for (const auto& one : screen::list_suppressions(connection, false))
            rows.push_back({std::to_string(one.id), one.ruleset, one.rule_id, one.key, one.value,
                            one.expires_at, one.created_by, one.reason});
        return {Exit::done,
                {{"suppressions", static_cast<std::int64_t>(rows.size()) - 1}},
                rows.size() == 1 ? "no active suppressions\n" : table(rows),
                ""};
    }

    Arguments lists_, add_, remove_, import_, export_, show_, suppress_, rates_;
    std::string list_, key_, reason_, by_, file_, rule_, pair_, ruleset_, from_;
    std::optional<Milliseconds> for_;
    std::vector<std::string> values_;
    std::optional<std::int64_t> end_;
    bool list_all_ = false;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_lists() {
    return std::make_unique<Lists>();
}

} // namespace harmonia::cli
