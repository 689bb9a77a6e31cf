#include "jobs/settle/accounts/run.hpp"

#include "core/base/stop.hpp"
#include "core/db/wait.hpp"
#include "core/parallel/thread_group.hpp"
#include "core/payments/import_batch.hpp"
#include "jobs/settle/accounts/fetch/local_reach.hpp"
#include "jobs/settle/accounts/stages/scan.hpp"

#include <algorithm>
#include <mutex>
#include <set>

namespace harmonia::settle::accounts {
namespace {

constexpr std::chrono::milliseconds k_poll{5000};

/// An account and the stage that parked it.
using ParkedKeys = std::set<std::pair<AccountKey, std::string>>;

/// One pass through a table, shared by the workers: each slice goes to one of them.
class Pass {
public:
    Pass(const Stage& stage, const Options& options, const ParkedKeys& parked)
        : stage_(stage), options_(options), parked_(parked) {}

    /// The next rows that may be processed; empty at the end.
    std::vector<PendingRow> next(db::Connection& connection) {
        const std::lock_guard lock(mutex_);
        while (!ended_) {
            db::Transaction tx(connection);
            auto rows = peek(tx, stage_.table(), cursor_, options_.settings.batch_rows);
            tx.rollback();
            ended_ = rows.size() < options_.settings.batch_rows;
            if (!rows.empty())
                cursor_ = {rows.back().account, rows.back().number};
            std::erase_if(rows, [&](const PendingRow& row) { return is_barred(row.account); });
            if (!rows.empty())
                return rows;
        }
        return {};
    }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] std::uint64_t foreign() const { return foreign_; }

private:
    bool is_barred(const AccountKey& key) {
        if (!options_.settings.drop_parent_rows && !options_.settings.realm.owns(key)) {
            ++foreign_;
            return true;
        }
        return !parked_.empty() && parked_.contains({key, stage_.name()});
    }
    const Stage& stage_;
    const Options& options_;
    const ParkedKeys& parked_;
    std::mutex mutex_; ///< guards what follows
    Cursor cursor_ = Cursor::start();
    bool ended_ = false;
    std::uint64_t foreign_ = 0;
};

/// What one thread owns; it connects when it is first needed.
class Worker {
public:
    Worker(const Options& options, StageContext context)
        : options_(options), context_(std::move(context)), stages_(make_stages()) {}

    db::Connection& connection() {
        if (connection_ == nullptr) {
            connection_ = connect_for_stages(options_.database);
            reach_ = std::make_unique<LocalReach>(*connection_, options_.settings.realm,
                                                  options_.remote);
            context_.reachability = reach_.get();
            batches_ = std::make_unique<BatchRunner>(*connection_, context_);
        }
        return *connection_;
    }
    [[nodiscard]] std::size_t stage_count() const { return stages_.size(); }
    [[nodiscard]] Stage& stage(std::size_t index) { return *stages_[index]; }
    [[nodiscard]] const StageContext& context() const { return context_; }
    void work(std::size_t index, std::vector<PendingRow> rows) {
        connection();
        batches_->work(stage(index), std::move(rows));
    }
    /// Null as long as it did not connect.
    [[nodiscard]] BatchRunner* batches() { return batches_.get(); }

private:
    const Options& options_;
    StageContext context_;
    std::vector<std::unique_ptr<Stage>> stages_;
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<LocalReach> reach_;
    std::unique_ptr<BatchRunner> batches_;
};

class Run {
public:
    explicit Run(const Options& options);
    Outcome work();

private:
    [[nodiscard]] bool is_selected(const char* stage) const {
        return options_.stages.empty() || std::find(options_.stages.begin(), options_.stages.end(),
                                                    stage) != options_.stages.end();
    }
    void prepare_parked();
    bool round();
    void stage(std::size_t index);
    void share(std::size_t index, Pass& pass);
    void scan_once();
    [[nodiscard]] std::uint64_t rows_done();
    Outcome outcome();

    const Options& options_;
    std::vector<std::unique_ptr<Worker>> workers_;
    ParkedKeys parked_;
    Outcome outcome_;
};

Run::Run(const Options& options) : options_(options) {
    StageContext context;
    context.terms = options.settings.terms;
    context.delivery = {options.settings.realm, options.settings.local_changes_direct};
    context.drop_foreign = options.settings.drop_parent_rows;
    context.reach_patience_us = options.settings.reach_patience_us;
    for (int i = 0; i < options.settings.workers; ++i)
        workers_.push_back(std::make_unique<Worker>(options_, context));
}

void Run::prepare_parked() {
    if (options_.retry_parked) {
        db::Transaction tx(workers_[0]->connection());
        release_parked(tx);
        tx.commit(Failpoint::settle_park_commit);
    }
    db::Transaction tx(workers_[0]->connection());
    for (Parked& one : load_parked(tx)) {
        parked_.insert({one.account, one.stage});
        outcome_.parked.push_back(std::move(one));
    }
}

// The workers take slices until there are none; the first exception is thrown when all have ended.
void Run::share(std::size_t index, Pass& pass) {
    parallel::ThreadGroup group;
    const auto slices = [&](Worker& worker) {
        while (!group.failed()) {
            throw_if_stopped();
            auto rows = pass.next(worker.connection());
            if (rows.empty())
                return;
            worker.work(index, std::move(rows));
        }
    };
    for (std::size_t i = 1; i < workers_.size(); ++i)
        group.start([&, i] { slices(*workers_[i]); });
    group.run([&] { slices(*workers_[0]); });
    group.join();
}

void Run::stage(std::size_t index) {
    Worker& first = *workers_[0];
    Pass pass(first.stage(index), options_, parked_);
    auto rows = pass.next(first.connection());
    if (!rows.empty()) {
        first.work(index, std::move(rows));
        if (!pass.ended()) // otherwise there was little to do
            share(index, pass);
    }
    outcome_.foreign += pass.foreign();
    for (const auto& worker : workers_)
        if (worker->batches() != nullptr)
            for (const Parked& parked : worker->batches()->parked)
                parked_.insert({parked.account, parked.stage});
}

std::uint64_t Run::rows_done() {
    std::uint64_t rows = 0;
    for (const auto& worker : workers_)
        rows += worker->batches() != nullptr ? worker->batches()->rows : 0;
    return rows;
}

// True when rows were processed.
bool Run::round() {
    const std::uint64_t before = rows_done();
    Worker& first = *workers_[0];
    for (std::size_t i = 0; i < first.stage_count(); ++i) {
        throw_if_stopped();
        if (is_selected(first.stage(i).name()))
            stage(i);
    }
    return rows_done() > before;
}

void Run::scan_once() {
    Worker& first = *workers_[0];
    db::Connection& connection = first.connection(); // before context(): it sets the reachability
    outcome_.counts += scan(connection, first.context(), options_.settings);
}

Outcome Run::work() {
    prepare_parked();
    if (!options_.stages.empty() && is_selected(k_scan))
        scan_once();
    db::Connection& connection = workers_[0]->connection();
    if (options_.follow)
        connection.listen(payments::k_imported_channel);
    while (true) {
        while (round()) {
        }
        if (!options_.follow)
            return outcome();
        db::wait_for_work(connection, k_poll);
        throw_if_stopped();
    }
}

Outcome Run::outcome() {
    std::vector<std::uint32_t> sizes;
    for (const auto& worker : workers_) {
        const BatchRunner* batches = worker->batches();
        if (batches == nullptr)
            continue;
        outcome_.counts += batches->counts;
        outcome_.rows += batches->rows;
        outcome_.busy += batches->busy;
        outcome_.postponed += batches->postponed;
        outcome_.largest = std::max(outcome_.largest, batches->largest);
        sizes.insert(sizes.end(), batches->sizes.begin(), batches->sizes.end());
        outcome_.parked.insert(outcome_.parked.end(), batches->parked.begin(),
                               batches->parked.end());
    }
    outcome_.transactions = sizes.size();
    if (!sizes.empty()) {
        std::sort(sizes.begin(), sizes.end());
        outcome_.size_p50 = sizes[sizes.size() / 2];
        outcome_.size_p99 = sizes[sizes.size() * 99 / 100];
    }
    if (!outcome_.parked.empty() || outcome_.foreign > 0)
        outcome_.exit = Exit::rejected;
    else if (outcome_.postponed > 0)
        outcome_.exit = Exit::try_again;
    return std::move(outcome_);
}

} // namespace

std::unique_ptr<db::Connection> connect_for_stages(db::Settings settings) {
    settings.planner_without = {"seqscan", "bitmapscan", "hashjoin", "mergejoin"};
    return db::connect(settings);
}

std::vector<std::unique_ptr<Stage>> make_stages() {
    std::vector<std::unique_ptr<Stage>> stages;
    stages.push_back(make_configure());
    stages.push_back(make_chores());
    stages.push_back(make_transfers());
    stages.push_back(make_finalizations());
    stages.push_back(make_balance_changes());
    return stages;
}

std::vector<std::string> stage_names() {
    std::vector<std::string> names;
    for (const auto& stage : make_stages())
        names.emplace_back(stage->name());
    names.emplace_back(k_scan);
    return names;
}

Outcome run(const Options& options) {
    return Run(options).work();
}

} // namespace harmonia::settle::accounts
