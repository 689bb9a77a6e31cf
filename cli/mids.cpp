#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/base/log.hpp"
#include "jobs/mids/decide.hpp"
#include "jobs/mids/load.hpp"
#include "jobs/mids/run.hpp"
#include "jobs/mids/store.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

constexpr std::uint64_t k_list_max = 1'000'000; // what is listed is held in memory

std::string json_or_null(const std::optional<std::string>& text) {
    return text ? json_quoted(*text) : "null";
}

/// A value typed by hand that is no identifier is a mistake in the command line.
void must(const Expected<void>& checked) {
    if (!checked)
        throw Error(Exit::usage, checked.error().detail);
}

class Mids final : public Command {
public:
    void setup(CLI::App& app) override {
        app.require_subcommand(1);
        setup_load(app);
        setup_one(app);
        setup_list(app);
    }

    Report run(Context& context) override {
        const auto connection = db::connect(context.database());
        if (load_->parsed())
            return load(*connection);
        if (add_->parsed())
            return add(*connection);
        if (update_->parsed())
            return update(*connection);
        if (delete_->parsed())
            return remove(*connection);
        return list(*connection);
    }

private:
    void setup_load(CLI::App& app) {
        load_ = app.add_subcommand("load", "load identifier files, each wholly or not at all");
        load_->add_option("FILE", files_, "CSV files; - is standard input")->required();
    }

    void setup_one(CLI::App& app) {
        add_ = app.add_subcommand("add", "add one identifier; one that is there stays as it is");
        update_ = app.add_subcommand("update", "change where one identifier belongs");
        delete_ = app.add_subcommand("delete", "delete identifiers");
        for (CLI::App* sub : {add_, update_}) {
            sub->add_option("IDENTIFIER", row_.key.identifier)->required();
            sub->add_option("--location-id", location_id_, "retailer's store code");
            sub->add_option("--internal-id", internal_id_, "retailer's internal code");
        }
        delete_->add_option("IDENTIFIER", identifiers_);
        delete_->add_option("--location-id", locations_, "also all identifiers of this store");
        for (CLI::App* sub : {add_, update_, delete_}) {
            sub->add_option("--provider", row_.key.provider, "payment network, for instance visa")
                ->required(sub != delete_);
            sub->add_option("--type", row_.key.type, "PRIMARY (default), SECONDARY or PSIMI");
        }
        add_->add_option("--scheme", row_.scheme, "loyalty scheme that owns it")->required();
        add_->add_option("--location", row_.location, "address, for people");
        add_->add_option("--postcode", row_.postcode);
    }

    void setup_list(CLI::App& app) {
        list_ = app.add_subcommand("list", "list identifiers");
        list_->add_option("--provider", filter_.provider);
        list_->add_option("--scheme", filter_.scheme);
        list_->add_option("--identifier", filter_.identifier);
        list_->add_option("--limit", filter_.limit, "rows at most")
            ->check(CLI::Range(std::uint64_t{1}, k_list_max));
    }

    Report load(db::Connection& connection) {
        const auto reports = mids::load_files(connection, files_);
        Report report;
        report.exit = mids::exit_of(reports);
        std::string imported, failed;
        std::uint64_t in_file = 0, added = 0, deleted = 0;
        for (const mids::FileReport& file : reports) {
            if (file.exit == Exit::done) {
                report.text += fmt::format("{}: {} in file, {} new, {} deleted\n", file.file,
                                           file.in_file, file.imported, file.deleted);
                imported +=
                    fmt::format(R"({}{{"file": {}, "in_file": {}, "imported": {}, "deleted": {}}})",
                                imported.empty() ? "" : ", ", json_quoted(file.file), file.in_file,
                                file.imported, file.deleted);
            } else {
                log::error("identifier file refused",
                           {{"file", file.file}, {"error", file.reason}});
                failed +=
                    fmt::format(R"({}{{"file": {}, "reason": {}}})", failed.empty() ? "" : ", ",
                                json_quoted(file.file), json_quoted(file.reason));
            }
            in_file += file.in_file;
            added += file.imported;
            deleted += file.deleted;
        }
        report.counts = {{"in_file", static_cast<std::int64_t>(in_file)},
                         {"imported", static_cast<std::int64_t>(added)},
                         {"deleted", static_cast<std::int64_t>(deleted)}};
        report.data_json = fmt::format(R"({{"imported": [{}], "failed": [{}]}})", imported, failed);
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
            throw Error(Exit::usage, "name an identifier or a --location-id");
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
        std::string json;
        for (const auto& [id, row] : listing.rows) {
            rows.push_back({std::to_string(id), row.key.provider, row.key.type, row.key.identifier,
                            row.scheme, row.location_id.value_or(""),
                            row.merchant_internal_id.value_or("")});
            json += fmt::format(
                R"({}{{"id": {}, "payment_provider": {}, "identifier_type": {}, "identifier": {}, )"
                R"("loyalty_scheme": {}, "location_id": {}, "merchant_internal_id": {}, )"
                R"("location": {}, "postcode": {}}})",
                json.empty() ? "" : ", ", id, json_quoted(row.key.provider),
                json_quoted(row.key.type), json_quoted(row.key.identifier), json_quoted(row.scheme),
                json_or_null(row.location_id), json_or_null(row.merchant_internal_id),
                json_quoted(row.location), json_quoted(row.postcode));
        }
        Report report;
        report.counts = {{"listed", static_cast<std::int64_t>(listing.rows.size())},
                         {"total", static_cast<std::int64_t>(listing.total)}};
        report.text = table(rows);
        if (listing.total > listing.rows.size())
            report.text += fmt::format("{} more; --limit shows more of them\n",
                                       listing.total - listing.rows.size());
        report.data_json = "[" + json + "]";
        return report;
    }

    CLI::App *load_ = nullptr, *add_ = nullptr, *update_ = nullptr, *delete_ = nullptr,
             *list_ = nullptr;
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
