// `harmonia dead-letter`: the messages that could not be read.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/dead_letter/run.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

using dead_letter::Letter;

std::string shown_body(const Letter& letter) {
    return mask_digits(printable(letter.body, letter.body.size()));
}

void write_letter(json::Writer& writer, const Letter& letter, bool with_body) {
    writer.open('{')
        .member("id", letter.id)
        .member("feed", letter.feed)
        .member("queue", letter.queue)
        .member("exchange", letter.exchange)
        .member("routing_key", letter.routing_key)
        .member("code", letter.code)
        .member("detail", letter.detail)
        .member("state", letter.state)
        .member("created_at", letter.created_at)
        .key("properties")
        .raw(letter.properties);
    if (with_body)
        writer.member("body", shown_body(letter));
    writer.close('}');
}

class DeadLetter final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.require_subcommand();
        list_ = arguments.subcommand("list", "list open dead letters, oldest first");
        list_.text("--feed FEED", filter_.feed, "only from this feed");
        list_.flag("--all", filter_.all, "also list replayed and dismissed ones");
        list_
            .number("--limit ROWS", filter_.limit,
                    fmt::format("maximum rows, the newest [default: {}]", filter_.limit))
            .range(1, 1'000'000);
        show_ =
            arguments.subcommand("show", "show a dead letter with its body, long numbers masked");
        show_.numbers("ID", ids_, "a dead letter's id").required().count(1);
        replay_ = arguments.subcommand("replay", "send dead letters back to their queues");
        dismiss_ = arguments.subcommand("dismiss", "mark dead letters as handled");
        for (Arguments* verb : {&replay_, &dismiss_})
            verb->numbers("ID", ids_, "ids of dead letters").required();
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (list_.parsed())
            return listed(dead_letter::list(*connection, filter_));
        if (show_.parsed())
            return shown(dead_letter::show(*connection, ids_.front()));
        const bool replaying = replay_.parsed();
        const auto done = replaying ? dead_letter::replay(*connection, ids_)
                                    : dead_letter::dismiss(*connection, ids_);
        Report report;
        report.counts = {{replaying ? "replayed" : "dismissed", done}};
        report.text =
            replaying
                ? fmt::format("{} queued in the outbox; send them with `harmonia export outbox`\n",
                              done)
                : fmt::format("{} dismissed\n", done);
        return report;
    }

private:
    static Report listed(const std::vector<Letter>& letters) {
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"id", "received", "feed", "queue", "code", "state", "detail"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& letter : letters) {
            rows.push_back({std::to_string(letter.id), letter.created_at, letter.feed, letter.queue,
                            letter.code, letter.state, letter.detail});
            write_letter(writer, letter, false);
        }
        report.data_json = writer.close(']').take();
        report.text = letters.empty() ? "no dead letters\n" : table(rows);
        report.counts = {{"dead_letters", static_cast<std::int64_t>(letters.size())}};
        return report;
    }

    static Report shown(const Letter& letter) {
        Report report;
        json::Writer writer;
        write_letter(writer, letter, true);
        report.data_json = writer.take();
        report.text =
            fmt::format("{} {} {} from queue {}: {}: {}\nproperties {}\n\n{}\n", letter.id,
                        letter.created_at, letter.state, letter.queue, letter.code, letter.detail,
                        letter.properties, shown_body(letter));
        return report;
    }

    dead_letter::Filter filter_;
    std::vector<std::int64_t> ids_;
    Arguments list_, show_, replay_, dismiss_;
};

} // namespace

std::unique_ptr<Command> make_dead_letter() {
    return std::make_unique<DeadLetter>();
}

} // namespace harmonia::cli
