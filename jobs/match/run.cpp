#include "jobs/match/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/config/config.hpp"
#include "core/db/lock.hpp"
#include "core/parallel/thread_group.hpp"
#include "core/parallel/writers.hpp"
#include "jobs/match/reidentify.hpp"
#include "jobs/match/store.hpp"
#include "jobs/match/store_admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace harmonia::match {

namespace {

/// Keys that a run may leave to the next one; each is held in memory. More means that an import of
/// settlements is being committed at this moment: a run after it does better.
constexpr std::int64_t k_late_keys_max = 1'000'000;
constexpr unsigned k_threads_max = 64; // each takes four of the server's sessions
/// Sessions that write one merchant's blocks: more would wait for each other at the indexes' ends.
constexpr std::size_t k_writers_max = 4;

class MerchantRun {
public:
    MerchantRun(const Settings& settings, const Options& options, std::string merchant,
                std::size_t writers)
        : settings_(settings), options_(options), merchant_(std::move(merchant)), writers_(writers),
          declaration_(settings.declarations.of(merchant_)) {}

    Counts run(db::Connection& connection);

private:
    [[nodiscard]] std::optional<ReadScope> prepare(db::Transaction& tx);
    void count(const Group& group, const std::vector<Decision>& decisions);
    void decide_all(GroupReader& reader, const db::SessionLock& lock);
    [[nodiscard]] WriteFacts facts() const;

    const Settings& settings_;
    const Options& options_;
    std::string merchant_;
    std::size_t writers_; ///< sessions that write
    const Declaration& declaration_;
    Counts counts_;
    db::Instant started_at_;
    std::int64_t window_from_us_ = 0;
    Standing::Rule rule_ = Standing::Rule::as_applied;
};

WriteFacts MerchantRun::facts() const {
    return {merchant_,
            options_.run_id,
            declaration_.matching_type,
            declaration_.digest,
            declaration_.text,
            started_at_,
            settings_.exporting.contains(merchant_),
            settings_.identify == Identify::table,
            settings_.notify_queue};
}

void MerchantRun::count(const Group& group, const std::vector<Decision>& decisions) {
    for (const Payment& payment : group.payments) {
        counts_.admitted += payment.fresh ? 1 : 0;
        counts_.unknown_users += payment.fresh && !payment.known_user ? 1 : 0;
    }
    for (const SchemeRow& row : group.schemes)
        counts_.admitted += row.fresh ? 1 : 0;
    for (const Decision& one : decisions) {
        if (one.outcome == Outcome::error && options_.fail_fast)
            throw Error(Exit::config,
                        fmt::format("merchant {}: no rule for network {}", merchant_,
                                    group.payments[one.payment].network),
                        "Declare the network under matching." + merchant_ + ".networks.");
        counts_.matched += one.outcome == Outcome::matched ? 1 : 0;
        counts_.spotted += one.outcome == Outcome::spotted ? 1 : 0;
        counts_.none += one.outcome == Outcome::none ? 1 : 0;
        counts_.ambiguous += one.outcome == Outcome::ambiguous ? 1 : 0;
        counts_.errors += one.outcome == Outcome::error ? 1 : 0;
    }
}

/// What to read of this merchant; empty when there is nothing to do.
std::optional<ReadScope> MerchantRun::prepare(db::Transaction& tx) {
    const Standing where = standing(tx, merchant_, declaration_);
    if (!where.new_rows && where.rule != Standing::Rule::changed)
        return std::nullopt;
    rule_ = where.rule;
    started_at_ = db::server_time(tx);
    const time::Zone& zone = *declaration_.day_zone;
    window_from_us_ = zone.day_begin(zone.date_of(started_at_.us) - declaration_.window_days);
    ReadScope scope;
    scope.merchant = merchant_;
    scope.identify = settings_.identify;
    scope.all_pending = rule_ == Standing::Rule::changed && declaration_.mode != Mode::none;
    scope.windowed = declaration_.windowed;
    scope.window_from_us = window_from_us_;
    return scope;
}

void MerchantRun::decide_all(GroupReader& reader, const db::SessionLock& lock) {
    Decider decider(declaration_, {window_from_us_, rule_ == Standing::Rule::changed});
    std::optional<parallel::Writers<Block>> writer;
    if (!options_.dry_run)
        writer.emplace(writers_, [&database = settings_.database, facts = facts()] {
            const std::shared_ptr<db::Connection> connection = db::connect(database);
            const auto store = std::make_shared<BlockStore>(*connection, facts);
            return [connection, store](Block part) { store->write(std::move(part)); };
        });
    Group group;
    Block block;
    std::vector<Decision> decisions;
    const auto hand_over = [&] {
        lock.verify();
        throw_if_stopped();
        writer->submit(std::exchange(block, {}));
    };
    while (reader.next(group)) {
        decisions.clear();
        decider.decide(group, decisions);
        count(group, decisions);
        if (!writer)
            continue;
        block.add(group, decisions);
        if (block.size() >= k_block_rows)
            hand_over();
    }
    if (!writer)
        return;
    if (block.size() > 0)
        hand_over();
    writer->finish();
}

Counts MerchantRun::run(db::Connection& connection) {
    const auto lock = db::SessionLock::acquire(connection, db::LockClass::match_merchant, merchant_,
                                               options_.wait);
    if (!lock) {
        counts_.busy = 1;
        return counts_;
    }
    counts_.merchants = 1;
    if (settings_.identify == Identify::table && !options_.dry_run)
        release_known_users(connection, merchant_);
    for (bool admitted = options_.dry_run;;) {
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        std::optional<ReadScope> scope = prepare(tx);
        if (!scope)
            return counts_;
        std::vector<std::string> keys = shared_keys(tx, merchant_, k_late_keys_max + 1);
        if (!keys.empty() && !admitted) {
            tx.rollback();
            const Admitted done = admit(connection, merchant_);
            counts_.merged += done.merged;
            counts_.promoted += done.promoted;
            admitted = true;
            continue;
        }
        if (static_cast<std::int64_t>(keys.size()) > k_late_keys_max)
            throw Error(Exit::try_again,
                        fmt::format("merchant {}: over {} settlements are still to be combined",
                                    merchant_, k_late_keys_max));
        scope->late_keys.insert(std::make_move_iterator(keys.begin()),
                                std::make_move_iterator(keys.end()));
        GroupReader reader(settings_.database, tx, std::move(*scope));
        tx.rollback();
        // A first declaration is stored before anything is decided by it, a changed one only after
        // all pending rows have been looked at: a run that is killed in between misses none of
        // them.
        if (rule_ == Standing::Rule::never_applied && !options_.dry_run)
            store_state(connection, facts());
        if (rule_ == Standing::Rule::changed && !options_.dry_run)
            store_rule(connection, facts());
        decide_all(reader, *lock);
        break;
    }
    if (rule_ == Standing::Rule::changed && !options_.dry_run)
        store_state(connection, facts());
    return counts_;
}

/// Workers that take merchants one after the other until none is left.
class MerchantWorkers {
public:
    MerchantWorkers(const Settings& settings, const Options& options,
                    std::vector<std::string> merchants, unsigned threads)
        : settings_(settings), options_(options), merchants_(std::move(merchants)),
          size_(std::min<std::size_t>(threads, std::max<std::size_t>(merchants_.size(), 1))),
          writers_(std::min(threads / size_, k_writers_max)) {}

    void work(db::Connection& connection) {
        for (std::size_t i = next_++; i < merchants_.size() && !stopped_; i = next_++) {
            try {
                const Counts counts =
                    MerchantRun(settings_, options_, merchants_[i], writers_).run(connection);
                const std::lock_guard guard(mutex_);
                outcomes.counts.add(counts);
                if (counts.busy)
                    outcomes.busy.push_back(merchants_[i]);
            } catch (const Error& error) {
                if (!note(merchants_[i], error))
                    return;
            } catch (...) {
                const std::lock_guard guard(mutex_);
                stopped_ = true;
                fatal = std::current_exception();
            }
        }
    }
    /// How many can work at the same time.
    [[nodiscard]] std::size_t size() const { return size_; }
    Outcomes outcomes;
    std::exception_ptr fatal; ///< ends the run: a server lost, a stop asked for

private:
    /// False when the run must end: the others stop too.
    bool note(const std::string& merchant, const Error& error) {
        const std::lock_guard guard(mutex_);
        const bool own = error.exit() == Exit::try_again || error.exit() == Exit::data ||
                         error.exit() == Exit::config || error.exit() == Exit::failure;
        if (!own || options_.fail_fast) {
            stopped_ = true;
            if (!fatal)
                fatal = std::current_exception();
            return false;
        }
        log::error("merchant failed", {{"merchant", merchant}, {"error", error.what()}});
        if (outcomes.failures.empty())
            outcomes.exit = error.exit();
        outcomes.failures.emplace_back(merchant, error.what());
        return true;
    }

    const Settings& settings_;
    const Options& options_;
    std::vector<std::string> merchants_;
    std::size_t size_, writers_; ///< workers, and writing sessions of each
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;
};

std::vector<std::string> chosen_merchants(const Settings& settings, const Options& options,
                                          db::Connection& connection) {
    if (!options.merchants.empty())
        return options.merchants;
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    return merchants_with_work(tx, settings.declarations, settings.identify);
}

} // namespace

void Counts::add(const Counts& other) {
    reidentified += other.reidentified;
    merged += other.merged;
    promoted += other.promoted;
    admitted += other.admitted;
    matched += other.matched;
    spotted += other.spotted;
    none += other.none;
    ambiguous += other.ambiguous;
    errors += other.errors;
    unknown_users += other.unknown_users;
    merchants += other.merchants;
    busy += other.busy;
}

std::vector<std::pair<std::string, std::int64_t>> Counts::list() const {
    return {{"merchants", merchants},
            {"busy", busy},
            {"reidentified", reidentified},
            {"merged", merged},
            {"promoted", promoted},
            {"admitted", admitted},
            {"matched", matched},
            {"spotted", spotted},
            {"none", none},
            {"ambiguous", ambiguous},
            {"unknown_users", unknown_users},
            {"errors", errors}};
}

Settings read_settings(const config::Value& root, db::Settings database,
                       std::vector<std::shared_ptr<const importers::Feed>> feeds) {
    Settings settings;
    settings.database = std::move(database);
    settings.declarations = Declarations::load(root);
    settings.feeds = std::move(feeds);
    if (const auto method = config::lookup(root, "match.identify.method")) {
        if (method->scalar() != "none" && method->scalar() != "table")
            method->fail("unknown identification '" + method->scalar() + "'",
                         "Known are none and table.");
        settings.identify = method->scalar() == "table" ? Identify::table : Identify::none;
    }
    if (const auto threads = config::lookup(root, "match.threads")) {
        const std::int64_t given = threads->as_integer();
        if (given < 0 || given > k_threads_max)
            threads->fail(fmt::format("must be between 0 and {}", k_threads_max));
        settings.threads = static_cast<unsigned>(given);
    }
    if (const auto queue = config::lookup(root, "export.notify_queue"))
        if (queue->kind() == config::Value::Kind::scalar)
            settings.notify_queue = queue->scalar();
    if (const config::Value* exports = root.find("exports"))
        for (const config::Value& item : exports->list())
            if (const config::Value* name = item.find("name"))
                settings.exporting.insert(name->scalar());
    return settings;
}

Outcomes run(const Settings& settings, const Options& options) {
    const auto connection = db::connect(settings.database);
    Counts before;
    if (!options.dry_run)
        before.reidentified = reidentify(*connection, settings.feeds, settings.declarations);
    const unsigned wanted =
        settings.threads ? settings.threads : std::max(1U, std::thread::hardware_concurrency());
    MerchantWorkers workers(settings, options, chosen_merchants(settings, options, *connection),
                            wanted);
    {
        parallel::ThreadGroup threads;
        for (std::size_t i = 1; i < workers.size(); ++i)
            threads.start([&] {
                try {
                    workers.work(*db::connect(settings.database));
                } catch (const Error& error) { // from connect(): the others take its merchants
                    log::warn("a worker could not connect", {{"error", error.what()}});
                }
            });
        workers.work(*connection);
        threads.join();
    }
    if (workers.fatal)
        std::rethrow_exception(workers.fatal);
    workers.outcomes.counts.add(before);
    std::sort(workers.outcomes.busy.begin(), workers.outcomes.busy.end());
    std::sort(workers.outcomes.failures.begin(), workers.outcomes.failures.end());
    return std::move(workers.outcomes);
}

} // namespace harmonia::match
