// `harmonia serve`: which APIs run, and in which roles.
#include "cli/frame/command.hpp"
#include "core/base/text.hpp"
#include "jobs/orders/sink.hpp"
#include "jobs/serve/run.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

class Serve final : public Command {
public:
    void setup(Arguments arguments) override {
        std::vector<std::string> known;
        for (const serve::Api& api : serve::apis())
            known.emplace_back(api.name);
        arguments
            .texts("--api NAME", names_,
                   fmt::format("APIs to serve, separated by commas: {} [default: all]",
                               join(known, ", ")))
            .separator(',');
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
        orders::SinkOptions orders;
        orders.cards = card::read_card_settings(context.config);
        options.orders = orders::orders_sink(std::move(orders));
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
