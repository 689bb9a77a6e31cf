// `harmonia explain`: prints the stored reasons of a decision, which are compact JSON.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/explain/load.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::cli {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

const char* truth_word(const Json& outcome) {
    return outcome.is_null() ? "unknown" : outcome == 1 ? "holds" : "fails";
}

// A test is [label, outcome, payment's value, merchant's value]; `any` holds a list of tests.
void add_tests(const Json& tests, const std::string& kind,
               std::vector<std::vector<std::string>>& rows) {
    for (const Json& test : tests) {
        if (test.size() == 3) {
            rows.push_back({"", kind + "any of", truth_word(test[1]), "", ""});
            add_tests(test[2], kind + "  ", rows);
        } else {
            rows.push_back({"", kind + text_of(test[0]), truth_word(test[1]), text_of(test[2]),
                            text_of(test[3])});
        }
    }
}

void add_candidate(const Json& candidate, const Json& chosen,
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
    const Json reason = Json::parse(text, nullptr, false);
    if (!reason.is_object())
        return "    " + text + "\n";
    std::string out;
    if (reason.contains("error"))
        out += fmt::format("    {}\n", text_of(reason["error"]));
    if (reason.contains("mode"))
        out += fmt::format("    the merchant is {}: the payment alone is enough\n",
                           text_of(reason["mode"]));
    if (reason.contains("c"))
        out += fmt::format("    {} rows with an equal key, {} satisfy the rule\n",
                           text_of(reason["c"]), text_of(reason.value("ok", Json(0))));
    if (reason.contains("left"))
        out += fmt::format("    left by each fallback filter: {}\n", reason["left"].dump());
    if (reason.contains("l")) {
        std::vector<std::vector<std::string>> rows{
            {"candidate", "test", "outcome", "payment", "merchant"}};
        for (const Json& candidate : reason["l"])
            add_candidate(candidate, reason.value("t", Json()), rows);
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

void write_part(json::Writer& writer, const explain::Part& part) {
    writer.open('{').member("what", part.title).key("facts").open('{');
    for (const auto& [name, value] : part.facts)
        writer.member(name, value);
    writer.close('}').key("decisions").open('[');
    for (const explain::Decision& decision : part.decisions) {
        writer.open('{')
            .member("decided_at", decision.decided_at)
            .member("outcome", decision.outcome)
            .member("rule_digest", decision.rule_digest)
            .key("reason");
        if (Json::accept(decision.reason))
            writer.raw(decision.reason);
        else
            writer.string(decision.reason);
        writer.close('}');
    }
    writer.close(']').close('}');
}

class Explain : public Command {
public:
    // Not recorded: it changes nothing and would only fill the record of runs.
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(Arguments arguments) override {
        arguments.text("KIND", kind_, "what to explain: matched, payment, scheme or transaction")
            .required()
            .choices({"matched", "payment", "scheme", "transaction"});
        arguments
            .text("ID", id_,
                  "its database id; for a transaction, the network's or merchant's own id")
            .required();
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
        const auto parts = look(snapshot);
        if (parts.empty())
            throw Error(
                Exit::no_input, fmt::format("there is no {} '{}'", kind_, printable(id_)),
                "It may have been purged, rejected (see harmonia import rejects list), or never "
                "received.");
        Report report;
        json::Writer writer;
        writer.open('[');
        for (const explain::Part& part : parts) {
            report.text += part_text(part);
            write_part(writer, part);
        }
        report.counts = {{"parts", static_cast<std::int64_t>(parts.size())}};
        if (kind_ == "payment")
            add_verdict(context, report, writer);
        report.data_json = writer.close(']').take();
        return report;
    }

private:
    /// Of a payment that a rule set had to approve.
    void add_verdict(const Context& context, Report& report, json::Writer& writer) const {
        try {
            const Report verdict = explain_verdict(context, parse_int(id_).value(), false);
            report.text += "verdict\n" + verdict.text;
            writer.open('{')
                .member("what", "verdict")
                .key("verdict")
                .raw(verdict.data_json)
                .close('}');
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
                Exit::usage, fmt::format("ID must be a number, got '{}'", printable(id_)),
                "Only harmonia explain transaction takes the network's or merchant's own id.");
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
