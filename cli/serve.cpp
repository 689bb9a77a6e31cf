#include "cli/command.hpp"
#include "jobs/screen/intake.hpp"
#include "jobs/serve/run.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace harmonia::cli {
namespace {

class Serve final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("--api", names_, "APIs by name, with commas between; all without")
            ->delimiter(',');
    }

    [[nodiscard]] std::vector<std::string> roles() const override {
        std::vector<std::string> roles;
        for (const serve::Api& api : serve::chosen(names_))
            if (std::find(roles.begin(), roles.end(), api.role) == roles.end())
                roles.emplace_back(api.role);
        return roles;
    }

    Report run(Context& context) override {
        serve::Options options;
        options.apis = serve::chosen(names_);
        options.config = context.config;
        options.database = [&](const std::string& role) { return context.database(role); };
        screen::IntakeOptions orders;
        orders.cards = card::read_card_settings(context.config);
        options.orders = screen::orders_factory(std::move(orders));
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
