#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/base/text.hpp"
#include "jobs/dead_letter/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using dead_letter::Letter;

std::string letter_json(const Letter& letter, bool with_body) {
    auto out = fmt::format(
        R"({{"id":{},"feed":{},"queue":{},"exchange":{},"routing_key":{},"code":{},"detail":{},)"
        R"("state":{},"created_at":{},"properties":{})",
        letter.id, json_quoted(letter.feed), json_quoted(letter.queue),
        json_quoted(letter.exchange), json_quoted(letter.routing_key), json_quoted(letter.code),
        json_quoted(letter.detail), json_quoted(letter.state), json_quoted(letter.created_at),
        letter.properties);
    if (with_body)
        out += ",\"body\":" + json_quoted(mask_digits(printable(letter.body, letter.body.size())));
    return out + "}";
}

class DeadLetter final : public Command {
public:
    void setup(CLI::App& app) override {
        app.require_subcommand(1);
        list_ = app.add_subcommand("list", "list open ones, oldest first");
        list_->add_option("--feed", filter_.feed, "only of this feed");
        list_->add_flag("--all", filter_.all, "also replayed and dismissed ones");
        list_->add_option("--limit", filter_.limit, "rows at most, the newest")
            ->check(CLI::Range(1, 1'000'000))
            ->capture_default_str();
        show_ = app.add_subcommand("show", "show one with its body, long numbers masked");
        show_->add_option("ID", ids_)->required()->expected(1);
        replay_ = app.add_subcommand("replay", "send back to the queue they came from");
        dismiss_ = app.add_subcommand("dismiss", "mark as dealt with");
        for (auto* sub : {replay_, dismiss_})
            sub->add_option("ID", ids_)->required();
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (list_->parsed())
            return listed(dead_letter::list(*connection, filter_));
        if (show_->parsed())
            return shown(dead_letter::show(*connection, ids_.front()));
        const bool replaying = replay_->parsed();
        const auto done = replaying ? dead_letter::replay(*connection, ids_)
                                    : dead_letter::dismiss(*connection, ids_);
        Report report;
        report.counts = {{replaying ? "replayed" : "dismissed", done}};
        report.text = replaying ? fmt::format("{} put into the outbox; `harmonia export outbox` "
                                              "sends them\n",
                                              done)
                                : fmt::format("{} dismissed\n", done);
        return report;
    }

private:
    static Report listed(const std::vector<Letter>& letters) {
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"id", "received", "feed", "queue", "code", "state", "detail"}};
        report.data_json = "[";
        for (const auto& letter : letters) {
            rows.push_back({std::to_string(letter.id), letter.created_at, letter.feed, letter.queue,
                            letter.code, letter.state, letter.detail});
            report.data_json +=
                (report.data_json.size() > 1 ? "," : "") + letter_json(letter, false);
        }
        report.data_json += "]";
        report.text = letters.empty() ? "no dead letters\n" : table(rows);
        report.counts = {{"dead_letters", static_cast<std::int64_t>(letters.size())}};
        return report;
    }

    static Report shown(const Letter& letter) {
        Report report;
        report.data_json = letter_json(letter, true);
        report.text =
            fmt::format("{} {} {} from queue {}: {}: {}\nproperties {}\n\n{}\n", letter.id,
                        letter.created_at, letter.state, letter.queue, letter.code, letter.detail,
                        letter.properties, mask_digits(printable(letter.body, letter.body.size())));
        return report;
    }

    dead_letter::Filter filter_;
    std::vector<long long> ids_;
    CLI::App *list_ = nullptr, *show_ = nullptr, *replay_ = nullptr, *dismiss_ = nullptr;
};

} // namespace

std::unique_ptr<Command> make_dead_letter() {
    return std::make_unique<DeadLetter>();
}

} // namespace harmonia::cli
