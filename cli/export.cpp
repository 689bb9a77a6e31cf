#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/config/config.hpp"
#include "jobs/export/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

class Export final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("TARGET", wanted_, "exports by name, or outbox; all without");
        app.add_flag("--follow", follow_, "keep delivering until stopped");
        app.add_option("--window", window_, "messages in flight to the broker, unconfirmed")
            ->check(CLI::Range(std::size_t{1}, broker::k_window_max))
            ->capture_default_str();
    }

    Report run(Context& context) override {
        export_job::Options options;
        options.database = context.database();
        options.broker = context.broker();
        options.targets =
            export_job::chosen(exporters::load_targets(context.config), wanted_, options.outbox);
        options.follow = follow_;
        options.window = window_;
        options.run_id = context.run_id;
        return report_of(export_job::run(options));
    }

private:
    static Report report_of(const export_job::Outcome& outcome) {
        Report report;
        export_job::DeliveryCounts sum;
        std::string targets;
        for (const auto& [name, counts] : outcome.targets) {
            sum.delivered += counts.delivered;
            sum.put_off += counts.put_off;
            sum.failed += counts.failed;
            sum.files += counts.files;
            sum.requests += counts.requests;
            report.text +=
                fmt::format("{}: {} delivered, {} put off, {} failed{}\n", name, counts.delivered,
                            counts.put_off, counts.failed, counts.busy ? ", busy elsewhere" : "");
            targets += fmt::format(
                R"({}{{"name":{},"delivered":{},"put_off":{},"failed":{},"files":{},"requests":{},"busy":{}}})",
                targets.empty() ? "" : ",", json_quoted(name), counts.delivered, counts.put_off,
                counts.failed, counts.files, counts.requests, counts.busy);
        }
        const auto& outbox = outcome.outbox;
        report.text +=
            fmt::format("outbox: {} published, {} refused\n", outbox.published, outbox.refused);
        report.data_json = fmt::format(R"({{"targets":[{}]}})", targets);
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
