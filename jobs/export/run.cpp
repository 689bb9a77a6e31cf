#include "jobs/export/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/db/wait.hpp"

#include <algorithm>
#include <exception>

namespace harmonia::exporting {
namespace {

constexpr const char* k_outbox = "outbox";
constexpr std::chrono::milliseconds k_poll{5'000}; // rows that become due send no notification

void add(DeliveryCounts& sum, const DeliveryCounts& more) {
    sum.delivered += more.delivered;
    sum.put_off += more.put_off;
    sum.failed += more.failed;
    sum.files += more.files;
    sum.requests += more.requests;
    sum.busy = sum.busy || more.busy;
}

void add(OutboxCounts& sum, const OutboxCounts& more) {
    sum.published += more.published;
    sum.refused += more.refused;
    sum.busy += more.busy;
}

/// A target whose files or credentials cannot be used must not stop the others.
bool of_one_target(Exit exit) {
    return exit == Exit::cannot_create || exit == Exit::io || exit == Exit::no_input ||
           exit == Exit::permission || exit == Exit::config;
}

void pass(db::Connection& connection, const Options& options, OutboxFlusher& flusher,
          Outcome& outcome) {
    std::exception_ptr first;
    for (std::size_t i = 0; i < options.targets.size() && stop_signal() == 0; ++i) {
        const auto& target = options.targets[i];
        try {
            const auto counts = deliver(connection, target, options.run_id);
            if (counts.busy)
                log::info("another process serves this target", {{"target", target.name}});
            add(outcome.targets[i].second, counts);
        } catch (const db::Failure&) {
            throw;
        } catch (const Error& problem) {
            if (!of_one_target(problem.exit()))
                throw;
            log::error("a target cannot be served",
                       {{"target", target.name}, {"error", problem.what()}});
            if (!first)
                first = std::current_exception();
        }
    }
    if (options.outbox && stop_signal() == 0)
        add(outcome.outbox, flusher.flush(connection));
    if (first)
        std::rethrow_exception(first);
}

} // namespace

std::vector<exporters::Target> chosen(std::vector<exporters::Target> all,
                                      const std::vector<std::string>& wanted, bool& outbox) {
    outbox = true;
    if (wanted.empty())
        return all;
    std::vector<std::string> names{k_outbox};
    for (const auto& target : all)
        names.push_back(target.name);
    for (const auto& name : wanted)
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            const auto near = nearest(name, names);
            throw Error(Exit::usage, "there is no export '" + name + "'",
                        near ? "Did you mean '" + *near + "'?" : "");
        }
    const auto named = [&](const std::string& name) {
        return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    outbox = named(k_outbox);
    std::erase_if(all, [&](const exporters::Target& target) { return !named(target.name); });
    // Messages of a queue target are sent only when the outbox is flushed.
    for (const auto& target : all)
        outbox = outbox || std::holds_alternative<exporters::QueueSink>(target.sink);
    return all;
}

Outcome run(const Options& options) {
    Outcome outcome;
    for (const auto& target : options.targets)
        outcome.targets.emplace_back(target.name, DeliveryCounts{});
    const auto connection = db::connect(options.database);
    OutboxFlusher flusher(options.broker, options.window);
    if (options.follow)
        connection->listen("harmonia_outbox");
    do {
        pass(*connection, options, flusher, outcome);
        if (options.follow)
            db::wait_for_work(*connection, k_poll);
    } while (options.follow && stop_signal() == 0);
    throw_if_stopped();
    return outcome;
}

} // namespace harmonia::exporting
