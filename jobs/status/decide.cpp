#include "jobs/status/decide.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::status {
namespace {

// Work that is still pending after this long needs attention: schedules run every few minutes.
constexpr long long k_match_late_s = 24 * 3600;
constexpr long long k_outbox_late_s = 600;
constexpr long long k_export_late_s = 3600;
constexpr long long k_settle_late_s = 600;

std::string age(long long seconds) {
    if (seconds < 120)
        return fmt::format("{} s", seconds);
    if (seconds < 2 * 3600)
        return fmt::format("{} min", seconds / 60);
    if (seconds < 48 * 3600)
        return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} days", seconds / 86400);
}

using Advices = std::vector<Advice>;

void about_services(const Picture& picture, Advices& out) {
    for (const Service& service : picture.services) {
        const bool database = service.name.starts_with("postgres");
        if (!service.healthy)
            out.push_back({fmt::format("{} at {} does not answer: {}", service.name,
                                       service.address, service.error),
                           fmt::format("start the server, or correct {}",
                                       database ? "database.dsn (HARMONIA_DATABASE_DSN, PGHOST …)"
                                                : "broker.url (HARMONIA_BROKER_URL)")});
        if (!service.schema_pending.empty())
            out.push_back(
                {fmt::format("{}: {} migrations are pending, the first is {}", service.name,
                             service.schema_pending.size(), service.schema_pending.front()),
                 "run harmonia migrate"});
        if (!service.schema_unknown.empty())
            out.push_back(
                {fmt::format("{}: migration {} is unknown to this program or differs from its own",
                             service.name, service.schema_unknown.front()),
                 "run the version that applied it; harmonia migrate verify names them all"});
    }
}

void about_pending(const Section& pending, Advices& out) {
    for (std::size_t i = 0; i < pending.rows.size(); ++i) {
        const std::string what = *pending.text(i, "waits_for");
        const long long oldest = pending.number(i, "oldest_seconds");
        if (what == "match" && oldest > k_match_late_s)
            out.push_back(
                {fmt::format("{} {} rows are pending for match, the oldest for {}",
                             pending.number(i, "count"), *pending.text(i, "side"), age(oldest)),
                 "run harmonia match; check that it is scheduled"});
        if (what == "user")
            out.push_back(
                {fmt::format("{} payments have an unknown card holder", pending.number(i, "count")),
                 "fill harmonia.card_holder; the next harmonia match picks them up"});
    }
}

void about_input(const Picture& picture, Advices& out) {
    if (const Section* unknown = picture.find("unidentified"); unknown && !unknown->rows.empty())
        out.push_back(
            {fmt::format("records name identifiers that are not onboarded, most recently {} {}",
                         unknown->text(0, "kind").value_or(""),
                         unknown->text(0, "identifier").value_or("")),
             "run harmonia mids load FILE, or mids add; the next match identifies them"});
    if (const Section* rejects = picture.find("rejects"); rejects && !rejects->rows.empty())
        out.push_back({fmt::format("{} records were rejected", rejects->sum("count")),
                       "run harmonia import rejects list, then rejects retry"});
    if (const Section* letters = picture.find("dead_letters"); letters && !letters->rows.empty())
        out.push_back({fmt::format("{} messages could not be decoded", letters->sum("count")),
                       "run harmonia dead-letter list"});
    const Section* imports = picture.find("imports");
    for (std::size_t i = 0; imports && i < imports->rows.size(); ++i)
        if (*imports->text(i, "running") == "f")
            out.push_back(
                {fmt::format("import of {} was interrupted at record {} of {}",
                             *imports->text(i, "source"), imports->number(i, "records_done"),
                             imports->number(i, "records_total")),
                 fmt::format("run harmonia import {}; it resumes where it stopped",
                             *imports->text(i, "feed"))});
}

void about_output(const Picture& picture, Advices& out) {
    const Section* outbox = picture.find("outbox");
    for (std::size_t i = 0; outbox && i < outbox->rows.size(); ++i)
        if (outbox->number(i, "oldest_seconds") > k_outbox_late_s)
            out.push_back(
                {fmt::format("{} {} messages are pending in the outbox, the oldest for {}{}",
                             outbox->number(i, "count"), *outbox->text(i, "kind"),
                             age(outbox->number(i, "oldest_seconds")),
                             outbox->text(i, "last_error") ? ": " + *outbox->text(i, "last_error")
                                                           : ""),
                 "run harmonia export; check that the queue exists (harmonia configure)"});
    const Section* pending = picture.find("pending_exports");
    for (std::size_t i = 0; pending && i < pending->rows.size(); ++i)
        if (pending->number(i, "due") > 0 && pending->number(i, "oldest_seconds") > k_export_late_s)
            out.push_back({fmt::format("{} exports to {} are due, the oldest for {}",
                                       pending->number(i, "due"), *pending->text(i, "target"),
                                       age(pending->number(i, "oldest_seconds"))),
                           fmt::format("run harmonia export {}", *pending->text(i, "target"))});
    const Section* failed = picture.find("failed_exports");
    for (std::size_t i = 0; failed && i < failed->rows.size(); ++i)
        out.push_back({fmt::format("{} exports to {} failed permanently",
                                   failed->number(i, "count"), *failed->text(i, "target")),
                       "contact the target; harmonia explain shows why each failed"});
}

void about_accounts(const Picture& picture, Advices& out) {
    const Section* settling = picture.find("settling");
    for (std::size_t i = 0; settling && i < settling->rows.size(); ++i)
        if (settling->number(i, "oldest_seconds") > k_settle_late_s)
            out.push_back(
                {fmt::format("{} rows are pending for settle accounts, stage {}, the "
                             "oldest for {}",
                             settling->number(i, "count"), *settling->text(i, "stage"),
                             age(settling->number(i, "oldest_seconds"))),
                 "run harmonia settle accounts; check that it is scheduled or following"});
    const Section* parked = picture.find("parked_accounts");
    for (std::size_t i = 0; parked && i < parked->rows.size(); ++i)
        out.push_back({fmt::format("{} accounts are parked in stage {}, for example {}: {}",
                                   parked->number(i, "count"), *parked->text(i, "stage"),
                                   *parked->text(i, "account"), *parked->text(i, "error")),
                       "fix the cause, then run harmonia settle accounts --retry-parked"});
}

void about_runs(const Picture& picture, Advices& out) {
    const Section* runs = picture.find("runs");
    for (std::size_t i = 0; runs && i < runs->rows.size(); ++i) {
        const std::string state = *runs->text(i, "state");
        const std::string command = *runs->text(i, "command");
        if (state == "killed")
            out.push_back({fmt::format("the last run of {} was killed", command),
                           fmt::format("run harmonia {}; it resumes where it stopped", command)});
        // A mistyped command needs no repair.
        const bool mistyped = runs->number(i, "exit_code") == static_cast<int>(Exit::usage);
        if (state == "failed" && !mistyped)
            out.push_back({fmt::format("the last run of {} failed: {}", command,
                                       runs->text(i, "message").value_or("")),
                           fmt::format("fix the cause, then run harmonia {}", command)});
    }
}

std::size_t index_of(const std::vector<std::string>& columns, std::string_view name) {
    const auto found = std::find(columns.begin(), columns.end(), name);
    HARMONIA_CHECK(found != columns.end());
    return static_cast<std::size_t>(found - columns.begin());
}

} // namespace

const std::optional<std::string>& Section::text(std::size_t row, std::string_view column) const {
    return rows[row][index_of(columns, column)];
}

long long Section::number(std::size_t row, std::string_view column) const {
    const auto& value = text(row, column);
    return value ? parse_int(*value).value_or(0) : 0;
}

long long Section::sum(std::string_view column) const {
    long long total = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
        total += number(i, column);
    return total;
}

const Section* Picture::find(std::string_view name) const {
    const auto found = std::find_if(sections.begin(), sections.end(),
                                    [&](const Section& section) { return section.name == name; });
    return found == sections.end() ? nullptr : &*found;
}

std::vector<Advice> advise(const Picture& picture) {
    Advices out;
    about_services(picture, out);
    about_runs(picture, out);
    if (const Section* pending = picture.find("waiting"))
        about_pending(*pending, out);
    about_accounts(picture, out);
    about_output(picture, out);
    about_input(picture, out);
    return out;
}

Exit exit_of(const Picture& picture) {
    Exit exit = Exit::done;
    for (const Service& service : picture.services) {
        if (!service.healthy)
            return service.exit;
        if (!service.schema_pending.empty() || !service.schema_unknown.empty())
            exit = Exit::config;
    }
    return exit;
}

} // namespace harmonia::status
