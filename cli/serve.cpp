#include "cli/command.hpp"
#include "jobs/serve/run.hpp"

#include <CLI/CLI.hpp>

namespace harmonia::cli {
namespace {

class Serve final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("--api", names_, "APIs by name, with commas between; all without")
            ->delimiter(',');
    }

    Report run(Context& context) override {
        serve::Options options;
        options.apis = serve::chosen(names_);
        options.config = context.config;
        options.database = [&](const std::string& role) { return context.database(role); };
        serve::run(options);
        return {};
    }

private:
    std::vector<std::string> names_;
};

} // namespace

std::unique_ptr<Command> make_serve() {
    return std::make_unique<Serve>();
}

} // namespace harmonia::cli
