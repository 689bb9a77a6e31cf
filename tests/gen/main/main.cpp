#include "core/base/error.hpp"
#include "tests/gen/arguments.hpp"
#include "tests/gen/day.hpp"
#include "tests/gen/orders.hpp"
#include "tests/gen/smp.hpp"

#include <cstdio>
#include <exception>
#include <span>

namespace {

using namespace harmonia;

void print(const std::string& text) {
    std::fputs(text.c_str(), stderr);
}

void run(const gen::Arguments& arguments) {
    switch (arguments.command) {
    case gen::Arguments::Command::help:
        std::fputs(gen::help_text().c_str(), stdout);
        break;
    case gen::Arguments::Command::feed: {
        const gen::World world(arguments.settings);
        const auto counts = gen::generate_feed(world, gen::layout_named(arguments.feed),
                                               arguments.out, arguments.truth);
        print(gen::counts_json(arguments.feed, counts));
        break;
    }
    case gen::Arguments::Command::day: {
        const gen::World world(arguments.settings);
        for (const auto& [feed, counts] : gen::generate_day(world, arguments.out))
            print(gen::counts_json(feed, counts));
        break;
    }
    case gen::Arguments::Command::smp:
        gen::generate_smp({.seed = arguments.settings.seed,
                           .count = arguments.settings.count,
                           .accounts = arguments.accounts,
                           .debtors = arguments.debtors},
                          arguments.out);
        break;
    case gen::Arguments::Command::histories: {
        const auto payments = gen::make_history(arguments.history);
        gen::write_history(payments, arguments.out);
        gen::write_history_truth(payments, 0, arguments.truth);
        break;
    }
    case gen::Arguments::Command::orders:
        gen::generate_orders(arguments.orders, arguments.out, arguments.truth);
        break;
    case gen::Arguments::Command::mids: {
        const gen::World world(arguments.settings);
        gen::Output out(arguments.out);
        out.buffer() = world.identifier_csv();
        out.close();
        break;
    }
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        run(gen::parse_arguments(
            std::span<const char* const>(argv + 1, static_cast<std::size_t>(argc - 1))));
        return 0;
    } catch (const harmonia::Error& error) {
        print(std::string("harmonia-gen: ") + error.what() + '\n');
        if (!error.hint().empty())
            print("HINT: " + error.hint() + '\n');
        return static_cast<int>(error.exit());
    } catch (const std::exception& error) {
        print(std::string("harmonia-gen: ") + error.what() + '\n');
        return static_cast<int>(harmonia::Exit::failure);
    }
}
