#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "core/base/json_text.hpp"
#include "core/base/text.hpp"
#include "jobs/explain/load.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::cli {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

const char* truth_word(const json& outcome) {
    return outcome.is_null() ? "unknown" : outcome == 1 ? "holds" : "fails";
}

// A test is [label, outcome, payment's value, merchant's value]; `any` holds a list of tests.
void add_tests(const json& tests, const std::string& kind,
               std::vector<std::vector<std::string>>& rows) {
    for (const json& test : tests) {
        if (test.size() == 3) {
            rows.push_back({"", kind + "any of", truth_word(test[1]), "", ""});
            add_tests(test[2], kind + "  ", rows);
        } else {
            rows.push_back({"", kind + text_of(test[0]), truth_word(test[1]), text_of(test[2]),
                            text_of(test[3])});
        }
    }
}

void add_candidate(const json& candidate, const json& chosen,
                   std::vector<std::vector<std::string>>& rows) {
    std::string verdict = candidate.value("ok", 0) == 1 ? "satisfies the rule" : "does not";
    if (!chosen.is_null() && candidate["t"] == chosen)
        verdict = "CHOSEN";
    else if (candidate.contains("by"))
        verdict += ", taken by " + text_of(candidate["by"]);
    rows.push_back({text_of(candidate["t"]), verdict, "", "", ""});
    if (candidate.contains("w"))
        add_tests(candidate["w"], "", rows);
    if (candidate.contains("f"))
        add_tests(candidate["f"], "fallback: ", rows);
}

std::string reason_text(const std::string& text) {
    const json reason = json::parse(text, nullptr, false);
    if (!reason.is_object())
        return "    " + text + "\n";
    std::string out;
    if (reason.contains("error"))
        out += fmt::format("    {}\n", text_of(reason["error"]));
    if (reason.contains("mode"))
        out += fmt::format("    the merchant is {}: the payment alone is enough\n",
                           text_of(reason["mode"]));
    if (reason.contains("c"))
        out += fmt::format("    {} rows of equal key, {} satisfy the rule\n", text_of(reason["c"]),
                           text_of(reason.value("ok", json(0))));
    if (reason.contains("left"))
        out += fmt::format("    left by each fallback filter: {}\n", reason["left"].dump());
    if (reason.contains("l")) {
        std::vector<std::vector<std::string>> rows{
            {"candidate", "test", "outcome", "payment", "merchant"}};
        for (const json& candidate : reason["l"])
            add_candidate(candidate, reason.value("t", json()), rows);
        const std::string lines = table(rows);
        for (const auto& line : split(lines, '\n'))
            if (!line.empty())
                out += fmt::format("    {}\n", line);
    }
    return out;
}

std::string part_text(const explain::Part& part) {
    std::string out = part.title + "\n";
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : part.facts)
        if (!value.empty())
            rows.push_back({"  " + name, printable(value)});
    for (const auto& row : rows)
        out += fmt::format("{:<26} {}\n", row[0], row[1]);
    for (const explain::Decision& decision : part.decisions)
        out += fmt::format("  decided {}: {} (rule {})\n{}", decision.decided_at, decision.outcome,
                           decision.rule_digest.substr(0, 12), reason_text(decision.reason));
    return out + "\n";
}

json part_json(const explain::Part& part) {
    json facts = json::object(), decisions = json::array();
    for (const auto& [name, value] : part.facts)
        facts[name] = value;
    for (const explain::Decision& decision : part.decisions) {
        json reason = json::parse(decision.reason, nullptr, false);
        decisions.push_back({{"decided_at", decision.decided_at},
                             {"outcome", decision.outcome},
                             {"rule_digest", decision.rule_digest},
                             {"reason", reason.is_discarded() ? json(decision.reason) : reason}});
    }
    return {{"what", part.title}, {"facts", facts}, {"decisions", decisions}};
}

class Explain : public Command {
public:
    // It changes nothing and must not fill the record of runs.
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(CLI::App& app) override {
        app.add_option("KIND", kind_, "matched, payment, scheme or transaction")
            ->required()
            ->check(CLI::IsMember({"matched", "payment", "scheme", "transaction"}));
        app.add_option("ID", id_,
                       "the database's number; for transaction the network's or merchant's id")
            ->required();
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
        const auto parts = look(snapshot);
        if (parts.empty())
            throw Error(
                Exit::no_input, fmt::format("there is no {} '{}'", kind_, printable(id_)),
                "It may have been purged, refused (harmonia import rejects list), or never come.");
        Report report;
        json all = json::array();
        for (const explain::Part& part : parts) {
            report.text += part_text(part);
            all.push_back(part_json(part));
        }
        report.counts = {{"parts", static_cast<std::int64_t>(parts.size())}};
        if (kind_ == "payment")
            add_verdict(context, report, all);
        report.data_json = dumped(all);
        return report;
    }

private:
    /// Of a payment that a rule set had to approve.
    void add_verdict(const Context& context, Report& report, json& all) const {
        try {
            const Report verdict = explain_verdict(context, parse_int(id_).value(), false);
            report.text += "verdict\n" + verdict.text;
            all.push_back({{"what", "verdict"}, {"verdict", json::parse(verdict.data_json)}});
            report.exit = verdict.exit;
        } catch (const Error& error) {
            if (error.exit() != Exit::no_input) // not screened, or not yet
                throw;
        }
    }

    [[nodiscard]] std::vector<explain::Part> look(db::Transaction& snapshot) const {
        if (kind_ == "transaction")
            return explain::transaction(snapshot, id_);
        const auto number = parse_int(id_);
        if (!number)
            throw Error(
                Exit::usage, fmt::format("'{}' is not a number", printable(id_)),
                "harmonia explain transaction ID takes the network's or merchant's own id.");
        if (kind_ == "matched")
            return explain::matched(snapshot, *number);
        return kind_ == "payment" ? explain::payment(snapshot, *number)
                                  : explain::scheme(snapshot, *number);
    }

    std::string kind_, id_;
};

} // namespace

std::unique_ptr<Command> make_explain() {
    return std::make_unique<Explain>();
}

} // namespace harmonia::cli
