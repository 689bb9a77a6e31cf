#include "tests/db/import/shop.hpp"

#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace harmonia::test {

namespace fs = std::filesystem;

Shop::Shop(const std::string& more) : more_(more) {
    for (const char* folder : {"imports/shop", "archive", "rejected", "spool", "failpoints"})
        fs::create_directories(directory() / folder);
    declare("YYYY-MM-DD HH:mm:ss");
}

void Shop::declare(const std::string& date_formats, const std::string& more_of_feed) const {
    const std::string base = directory().string();
    (void)directory_.write(
        "config.yaml",
        fmt::format(
            "import:\n  base: {0}/imports\n  archive: {0}/archive\n"
            "  rejected: {0}/rejected\n  spool: {0}/spool\n{1}"
            "feeds:\n"
            "  - name: shop\n    provider: shop\n    feed_type: MERCHANT\n"
            "    source: {{kind: files, path: shop}}\n    format: {{kind: csv}}\n"
            "    zone: Europe/London\n{3}"
            "    filters:\n      - {{skip: mid == \"none\", reason: no terminal}}\n"
            "    map:\n"
            "      transaction_id: {{join: _, of: [id], if_blank: {{content_hash: true}}}}\n"
            "      transaction_date: {{datetime: date, format: {2}}}\n"
            "      spend_amount: {{minor_units: amount}}\n"
            "      constants: {{payment_provider: visa, spend_currency: GBP}}\n"
            "      mids: [mid]\n",
            base, more_, date_formats, more_of_feed));
}

fs::path Shop::put(const std::string& name, const std::string& text) const {
    const fs::path path = waiting() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

Launch Shop::launch(const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& more) const {
    Launch launch;
    launch.command = {program("harmonia"), "--config", (directory() / "config.yaml").string(),
                      "--json"};
    launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
    launch.environment = more;
    launch.environment["HARMONIA_DATABASE_DSN"] = database_.dsn();
    return launch;
}

Finished Shop::harmonia(const std::vector<std::string>& arguments) const {
    return run(launch(arguments));
}

Imported Shop::import(std::vector<std::string> arguments,
                      const std::map<std::string, std::string>& more) const {
    arguments.insert(arguments.begin(), {"import", "shop"});
    return imported(run(launch(arguments, more)));
}

Imported Shop::import_failing_at(const std::string& rule,
                                 std::vector<std::string> arguments) const {
    const fs::path file = directory() / "failpoints" / "rules";
    std::ofstream(file) << rule << "\n";
    const Imported imported =
        import(std::move(arguments), {{"HARMONIA_FAILPOINT_FILE", file.string()}});
    fs::remove(file);
    return imported;
}

std::vector<std::string> Shop::files_in(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(directory() / name))
        if (entry.is_regular_file())
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

long long Shop::rows() const {
    return database_.count("SELECT count(*) FROM harmonia.import_transaction");
}

std::string Shop::books() const {
    const auto list = [&](const std::string& columns, const std::string& from) {
        return database_.text(
                   "SELECT coalesce(string_agg(r::text, E'\\n' ORDER BY r::text), '') FROM "
                   "(SELECT " +
                   columns + " FROM " + from + ") r") +
               "\n--\n";
    };
    return list("transaction_id, record_no, identified", "harmonia.import_transaction") +
           list("record_no, byte_offset, raw", "harmonia.import_record") +
           list("transaction_id, spend_amount, transaction_date, mids, record_no",
                "harmonia.scheme_transaction") +
           list("record_no, line_no, byte_offset, field, code, raw, state", "ops.reject") +
           list("source, state, records_done, count_new, count_duplicate, count_rejected, "
                "count_skipped, close_seq IS NOT NULL",
                "ops.import_batch WHERE state <> 'open'");
}

std::string csv(int first, int last) {
    std::string text = "id,date,amount,mid\n";
    for (int i = first; i <= last; ++i)
        text += fmt::format("p{},2024-03-{:02} 12:00:{:02},{}.{:02},m{}\n", i, 1 + i % 28, i % 60,
                            1 + i % 90, i % 100, i % 7);
    return text;
}

} // namespace harmonia::test
