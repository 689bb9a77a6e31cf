// `harmonia export`: delivers to the targets and flushes the outbox.
#include "cli/frame/command.hpp"
#include "core/config/config.hpp"
#include "core/json/writer.hpp"
#include "jobs/export/run.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

class Export final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.texts("TARGET", wanted_, "exports by name, or outbox [default: all]");
        arguments.flag("--follow", follow_, "keep running and deliver as work arrives");
        arguments
            .number("--window COUNT", window_,
                    fmt::format("unconfirmed messages in flight to the broker, 1 to {} "
                                "[default: {}]",
                                broker::k_window_max, window_))
            .range(1, broker::k_window_max);
    }

    Report run(Context& context) override {
        exporting::Options options;
        options.database = context.database();
        options.broker = context.broker();
        options.targets =
            exporting::chosen(exporters::load_targets(context.config), wanted_, options.outbox);
        options.follow = follow_;
        options.window = window_;
        options.run_id = context.run_id;
        return report_of(exporting::run(options));
    }

private:
    static Report report_of(const exporting::Outcome& outcome) {
        Report report;
        exporting::DeliveryCounts sum;
        json::Writer writer;
        writer.open('{').key("targets").open('[');
        for (const auto& [name, counts] : outcome.targets) {
            sum.delivered += counts.delivered;
            sum.put_off += counts.put_off;
            sum.failed += counts.failed;
            sum.files += counts.files;
            sum.requests += counts.requests;
            report.text +=
                fmt::format("{}: {} delivered, {} put off, {} failed{}\n", name, counts.delivered,
                            counts.put_off, counts.failed, counts.busy ? ", busy elsewhere" : "");
            writer.open('{')
                .member("name", name)
                .member("delivered", counts.delivered)
                .member("put_off", counts.put_off)
                .member("failed", counts.failed)
                .member("files", counts.files)
                .member("requests", counts.requests)
                .member("busy", counts.busy)
                .close('}');
        }
        const auto& outbox = outcome.outbox;
        report.text +=
            fmt::format("outbox: {} published, {} refused\n", outbox.published, outbox.refused);
        report.data_json = writer.close(']').close('}').take();
        report.counts = {{"delivered", sum.delivered}, {"put_off", sum.put_off},
                         {"failed", sum.failed},       {"files", sum.files},
                         {"requests", sum.requests},   {"published", outbox.published},
                         {"refused", outbox.refused},  {"lanes_busy", outbox.busy}};
        if (sum.failed > 0 || outbox.refused > 0)
            report.exit = Exit::rejected;
        return report;
    }

    std::vector<std::string> wanted_;
    bool follow_ = false;
    std::size_t window_ = 500;
};

} // namespace

std::unique_ptr<Command> make_export() {
    return std::make_unique<Export>();
}

} // namespace harmonia::cli
