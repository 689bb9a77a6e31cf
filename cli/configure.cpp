// `harmonia configure`: migrates, then declares what the configuration needs at the brokers.
#include "cli/frame/command.hpp"
#include "jobs/alert/topology.hpp"
#include "jobs/configure/run.hpp"
#include "jobs/settle/accounts/topology.hpp"

#include <fmt/format.h>

namespace harmonia::cli {

std::unique_ptr<Command> make_migrate();

namespace {

class Configure final : public Command {
public:
    void setup(Arguments) override {}

    // As for migrate: ops.job_run may not exist yet.
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    Report run(Context& context) override {
        CommandLine no_arguments("", "", "");
        const auto migrate = make_migrate();
        migrate->setup(no_arguments.arguments());
        auto report = migrate->run(context);
        const auto broker_of = [&](const std::string& name) { return context.broker(name); };
        auto declared = configure::declare(context.config, broker_of);
        declared +=
            settle::accounts::declare(settle::accounts::needed_queues(context.config), broker_of);
        declared += alert::declare_topology(alert::wanted_topology(context.config), broker_of);
        report.counts.emplace_back("exchanges", declared.exchanges);
        report.counts.emplace_back("queues", declared.queues);
        report.counts.emplace_back("bindings", declared.bindings);
        report.text += fmt::format("declared {} exchanges, {} queues, {} bindings\n",
                                   declared.exchanges, declared.queues, declared.bindings);
        return report;
    }
};

} // namespace

std::unique_ptr<Command> make_configure() {
    return std::make_unique<Configure>();
}

} // namespace harmonia::cli
