#include "tests/db/settle/authority.hpp"

#include "core/time/civil.hpp"
#include "jobs/audit/load.hpp"
#include "jobs/purge_archive/run.hpp"
#include "jobs/settle/accounts/sink/sink.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <chrono>

namespace harmonia::test {

using namespace settle::accounts;

namespace {

std::vector<std::string> store(const Authority& authority, const importers::SinkFactory& factory,
                               const std::vector<std::string>& bodies) {
    const auto connection = authority.database.connect();
    const auto session = factory(nullptr, *connection);
    const auto block = session->new_block();
    importers::OccurrenceCounter occurrences(importers::OccurrenceCounter::Mode::messages);
    std::vector<std::string> refused;
    for (const std::string& body : bodies) {
        const auto added = session->add(*block, {}, body, {}, occurrences);
        if (!added)
            refused.push_back(added.error().code);
    }
    db::Transaction tx(*connection);
    static_cast<void>(session->write(tx, *block, 1));
    tx.commit(Failpoint::import_block_commit);
    return refused;
}

} // namespace

Authority::Authority() {
    settings.workers = 1;
}

std::vector<std::string> Authority::take(const std::vector<std::string>& bodies) const {
    return store(*this,
                 requests_sink({settings.realm, settings.strict_realm,
                                settings.archive_threshold_us, 1'000'000}),
                 bodies);
}

std::vector<std::string> Authority::take_chores(const std::vector<std::string>& bodies) const {
    return store(*this, chores_sink({settings.realm, settings.strict_realm, 0, 1'000'000}), bodies);
}

Outcome Authority::settle(const std::vector<std::string>& stages) const {
    Options options;
    options.database = database.settings();
    options.settings = settings;
    options.stages = stages;
    return run(options);
}

std::map<std::string, std::int64_t> Authority::fold(bool dry_run) const {
    purge_archive::Plan plan;
    plan.areas = {purge_archive::Area::accounts};
    plan.accounts_database = database.settings();
    if (settings.archive_threshold_us > 0)
        plan.accounts_before = time::print_utc(settings.archive_threshold_us);
    plan.dry_run = dry_run;
    const auto outcome = purge_archive::run(database.settings(), plan);
    return {outcome.counts.begin(), outcome.counts.end()};
}

void Authority::configure(long long debtor, long long creditor, const std::string& more) const {
    // The last of duplicate members counts, so that `more` overrides these.
    const std::string body = fmt::format(
        R"({{"type":"ConfigureAccount","debtor_id":{},"creditor_id":{},"ts":"{}","seqnum":1,)"
        R"("negligible_amount":0.0,"config_flags":0,"config_data":""{}}})",
        debtor, creditor, now_text(), more.empty() ? "" : "," + more);
    REQUIRE(take({body}).empty());
    REQUIRE(settle({"configure"}).exit == Exit::done);
}

void Authority::fund(long long debtor, const std::vector<std::int64_t>& creditors,
                     long long amount) const {
    configure(debtor, 0, R"("negligible_amount":1e30)");
    std::vector<std::string> bodies;
    for (const long long creditor : creditors) {
        configure(debtor, creditor);
        bodies.push_back(
            Prepare{.debtor = debtor,
                    .sender = 0,
                    .min = amount,
                    .max = amount,
                    .recipient = fmt::format("{}", static_cast<unsigned long long>(creditor)),
                    .type = "issuing",
                    .coordinator = debtor}
                .body());
    }
    REQUIRE(take(bodies).empty());
    REQUIRE(settle().exit == Exit::done);
    bodies.clear();
    for (const std::string& id : {database.text(
             "SELECT string_agg(transfer_id::text, ',') FROM accounts.prepared_transfer")})
        for (std::size_t at = 0; at < id.size();) {
            const std::size_t end = std::min(id.find(',', at), id.size());
            bodies.push_back(Finalize{.debtor = debtor,
                                      .sender = 0,
                                      .transfer = std::stoll(id.substr(at, end - at)),
                                      .amount = amount,
                                      .type = "issuing",
                                      .coordinator = debtor}
                                 .body());
            at = end + 1;
        }
    REQUIRE(take(bodies).empty());
    REQUIRE(settle().exit == Exit::done);
    forget();
}

std::vector<std::string> Authority::published(const std::string& kind) const {
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    const auto rows = tx.exec("SELECT body FROM ops.outbox WHERE kind = $1 ORDER BY id", kind);
    std::vector<std::string> bodies;
    for (std::size_t row = 0; row < rows.size(); ++row)
        bodies.emplace_back(rows.text(row, 0));
    return bodies;
}

std::string Authority::last(const std::string& kind, const std::string& member) const {
    return database.text(fmt::format("SELECT body::jsonb ->> '{}' FROM ops.outbox WHERE kind = "
                                     "'{}' ORDER BY id DESC LIMIT 1",
                                     member, kind));
}

std::string Authority::of(long long debtor, long long creditor, const std::string& column) const {
    return database.text(fmt::format("SELECT {}::text FROM accounts.account WHERE debtor_id = {} "
                                     "AND creditor_id = {}",
                                     column, debtor, creditor));
}

std::string Authority::broken() const {
    const auto connection = database.connect();
    db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
    std::string names;
    for (const auto& finding : audit::check(snapshot, {"accounts"})) {
        if (finding.total == 0)
            continue;
        names += finding.name;
        for (const std::string& cell : finding.rows.front())
            names += " " + cell;
        names += "; ";
    }
    return names;
}

std::string now_text() {
    return time::print_utc(std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count());
}

std::string Prepare::body() const {
    return fmt::format(
        R"({{"type":"PrepareTransfer","debtor_id":{},"creditor_id":{},"coordinator_type":"{}",)"
        R"("coordinator_id":{},"coordinator_request_id":{},"min_locked_amount":{},)"
        R"("max_locked_amount":{},"recipient":"{}","final_interest_rate_ts":"{}",)"
        R"("max_commit_delay":{},"ts":"{}"}})",
        debtor, sender, type, coordinator, request, min, max, recipient, until_rate, delay_s,
        ts.empty() ? now_text() : ts);
}

std::string Finalize::body() const {
    return fmt::format(
        R"({{"type":"FinalizeTransfer","debtor_id":{},"creditor_id":{},"coordinator_type":"{}",)"
        R"("coordinator_id":{},"coordinator_request_id":{},"transfer_id":{},)"
        R"("committed_amount":{},"transfer_note":"{}","transfer_note_format":"","ts":"{}"}})",
        debtor, sender, type, coordinator, request, transfer, amount, note, now_text());
}

std::string Change::body() const {
    return fmt::format(
        R"({{"type":"PendingBalanceChange","debtor_id":{},"creditor_id":{},"change_id":{},)"
        R"("coordinator_type":"{}","transfer_note_format":"","transfer_note":"",)"
        R"("committed_at":"{}","principal_delta":{},"other_creditor_id":{}}})",
        debtor, creditor, id, type, committed_at.empty() ? now_text() : committed_at, delta, other);
}

} // namespace harmonia::test
