// `harmonia mids`: identifier files, and single identifiers by hand.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/log.hpp"
#include "core/json/writer.hpp"
#include "jobs/mids/decide.hpp"
#include "jobs/mids/load.hpp"
#include "jobs/mids/run.hpp"
#include "jobs/mids/store.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

constexpr std::int64_t k_list_max = 1'000'000; // what is listed is held in memory

/// An invalid identifier typed by hand is a usage error.
void must(const Expected<void>& checked) {
    if (!checked)
        throw Error(Exit::usage, checked.error().detail);
}

class Mids final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.require_subcommand();
        load_ =
            arguments.subcommand("load", "load identifier files, each as a whole or not at all");
        load_.texts("FILE", files_, "CSV files; - is standard input").required();
        setup_one(arguments);
        setup_list(arguments);
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (load_.parsed())
            return load(*connection);
        if (add_.parsed())
            return add(*connection);
        if (update_.parsed())
            return update(*connection);
        if (delete_.parsed())
            return remove(*connection);
        return list(*connection);
    }

private:
    void setup_one(Arguments arguments) {
        add_ = arguments.subcommand("add", "add one identifier; an existing one stays unchanged");
        update_ = arguments.subcommand("update", "change the codes of one identifier");
        delete_ = arguments.subcommand("delete", "delete identifiers");
        for (Arguments* verb : {&add_, &update_}) {
            verb->text("IDENTIFIER", row_.key.identifier, "merchant identifier (MID)").required();
            verb->text("--location-id STORE", location_id_, "the retailer's store code");
            verb->text("--internal-id CODE", internal_id_, "the retailer's internal code");
        }
        delete_.texts("IDENTIFIER", identifiers_, "merchant identifiers (MIDs)");
        delete_.texts("--location-id STORE", locations_, "also delete all identifiers of a store");
        for (Arguments* verb : {&add_, &update_, &delete_}) {
            verb->text("--provider NETWORK", row_.key.provider, "payment network, for example visa")
                .required(verb != &delete_);
            verb->text("--type TYPE", row_.key.type,
                       fmt::format("PRIMARY, SECONDARY or PSIMI [default: {}]", row_.key.type));
        }
        add_.text("--scheme SCHEME", row_.scheme, "loyalty scheme that owns it").required();
        add_.text("--location ADDRESS", row_.location, "address of the store, for display");
        add_.text("--postcode CODE", row_.postcode, "postcode of the store, for display");
    }

    void setup_list(Arguments arguments) {
        list_ = arguments.subcommand("list", "list identifiers");
        list_.text("--provider NETWORK", filter_.provider, "only of this payment network");
        list_.text("--scheme SCHEME", filter_.scheme, "only of this loyalty scheme");
        list_.text("--identifier IDENTIFIER", filter_.identifier, "only this identifier");
        list_
            .number("--limit ROWS", filter_.limit,
                    fmt::format("maximum rows [default: {}]", filter_.limit))
            .range(1, k_list_max);
    }

    Report load(db::Connection& connection) {
        const auto reports = mids::load_files(connection, files_);
        Report report;
        report.exit = mids::exit_of(reports);
        json::Writer imported, failed;
        imported.open('[');
        failed.open('[');
        std::uint64_t in_file = 0, added = 0, deleted = 0;
        for (const mids::FileReport& file : reports) {
            if (file.exit == Exit::done) {
                report.text += fmt::format("{}: {} in file, {} new, {} deleted\n", file.file,
                                           file.in_file, file.imported, file.deleted);
                imported.open('{')
                    .member("file", file.file)
                    .member("in_file", file.in_file)
                    .member("imported", file.imported)
                    .member("deleted", file.deleted)
                    .close('}');
            } else {
                log::error("identifier file refused",
                           {{"file", file.file}, {"error", file.reason}});
                failed.open('{').member("file", file.file).member("reason", file.reason).close('}');
            }
            in_file += file.in_file;
            added += file.imported;
            deleted += file.deleted;
        }
        report.counts = {{"in_file", static_cast<std::int64_t>(in_file)},
                         {"imported", static_cast<std::int64_t>(added)},
                         {"deleted", static_cast<std::int64_t>(deleted)}};
        json::Writer writer;
        writer.open('{');
        writer.key("imported").raw(imported.close(']').take());
        writer.key("failed").raw(failed.close(']').take());
        report.data_json = writer.close('}').take();
        return report;
    }

    Report add(db::Connection& connection) {
        row_.location_id = location_id_;
        row_.merchant_internal_id = internal_id_;
        must(mids::check(row_));
        const auto written = mids::store_file(connection, {{row_}, {}, 1});
        return {Exit::done, {{"imported", static_cast<std::int64_t>(written.added)}}, "", ""};
    }

    Report update(db::Connection& connection) {
        must(mids::check(row_.key));
        if (!mids::update(connection, row_.key, location_id_, internal_id_))
            throw Error(Exit::data, fmt::format("there is no {} identifier {} of {}", row_.key.type,
                                                row_.key.identifier, row_.key.provider));
        return {Exit::done, {{"updated", 1}}, "", ""};
    }

    Report remove(db::Connection& connection) {
        if (identifiers_.empty() && locations_.empty())
            throw Error(Exit::usage, "an IDENTIFIER or --location-id is required");
        std::vector<mids::Key> keys;
        for (const std::string& identifier : identifiers_) {
            mids::Key key{row_.key.provider, row_.key.type, identifier};
            must(mids::check(key));
            keys.push_back(std::move(key));
        }
        const auto deleted = mids::remove(connection, keys, locations_);
        return {Exit::done, {{"deleted", static_cast<std::int64_t>(deleted)}}, "", ""};
    }

    Report list(db::Connection& connection) {
        const auto listing = mids::list(connection, filter_);
        std::vector<std::vector<std::string>> rows{
            {"id", "provider", "type", "identifier", "scheme", "location id", "internal id"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& [id, row] : listing.rows) {
            rows.push_back({std::to_string(id), row.key.provider, row.key.type, row.key.identifier,
                            row.scheme, row.location_id.value_or(""),
                            row.merchant_internal_id.value_or("")});
            writer.open('{')
                .member("id", id)
                .member("payment_provider", row.key.provider)
                .member("identifier_type", row.key.type)
                .member("identifier", row.key.identifier)
                .member("loyalty_scheme", row.scheme)
                .member("location_id", row.location_id)
                .member("merchant_internal_id", row.merchant_internal_id)
                .member("location", row.location)
                .member("postcode", row.postcode)
                .close('}');
        }
        Report report;
        report.counts = {{"listed", static_cast<std::int64_t>(listing.rows.size())},
                         {"total", static_cast<std::int64_t>(listing.total)}};
        report.text = table(rows);
        if (listing.total > listing.rows.size())
            report.text += fmt::format("{} more not listed; raise --limit\n",
                                       listing.total - listing.rows.size());
        report.data_json = writer.close(']').take();
        return report;
    }

    Arguments load_, add_, update_, delete_, list_;
    std::vector<std::string> files_, identifiers_, locations_;
    std::optional<std::string> location_id_, internal_id_;
    mids::Identifier row_{{"", "PRIMARY", ""}, "", {}, {}, "", ""};
    mids::Filter filter_;
};

} // namespace

std::unique_ptr<Command> make_mids() {
    return std::make_unique<Mids>();
}

} // namespace harmonia::cli
