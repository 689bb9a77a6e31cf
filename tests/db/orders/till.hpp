// A small installation that imports orders, driven as an operator would: a database, directories, a
// card key, the program.
#pragma once

#include "tests/support/database.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

class Till {
public:
    enum class Key { there, missing };
    /// `more`: lines under `import:`, for instance `  block_rows: 100`.
    explicit Till(Key key = Key::there, const std::string& more = {}) {
        for (const char* folder :
             {"imports/orders", "imports/labels", "archive", "rejected", "spool", "failpoints"})
            std::filesystem::create_directories(directory() / folder);
        (void)directory_.write("config.yaml",
                               fmt::format("import:\n  base: {0}/imports\n  archive: {0}/archive\n"
                                           "  rejected: {0}/rejected\n  spool: {0}/spool\n{1}"
                                           "cards:\n  card_key_file: {2}\n",
                                           directory_.path(), more, key_path()));
        if (key == Key::there)
            make_key(key_path(), 0);
    }
    static void make_key(const std::string& path, int first) {
        std::filesystem::remove(path);
        std::ofstream file(path, std::ios::binary);
        for (int byte = first; byte < first + 32; ++byte)
            file.put(static_cast<char>(byte));
        file.close();
        ::chmod(path.c_str(), 0400);
    }
    [[nodiscard]] std::string key_path() const { return (directory() / "card.key").string(); }

    /// Imports a text by a feed.
    Imported import(const std::string& feed, const std::string& text,
                    const std::map<std::string, std::string>& environment = {}) {
        const auto path = directory() / ("file" + std::to_string(++files_));
        std::ofstream(path, std::ios::binary) << text;
        return import_file(feed, path.string(), environment);
    }
    Imported import_file(const std::string& feed, const std::string& path,
                         const std::map<std::string, std::string>& environment = {}) {
        const Finished finished = run(launch({"import", feed, "--file", path}, environment));
        output_ += finished.out + finished.err;
        Imported result = imported(finished);
        if (!result.document.is_null())
            last_ = result.document;
        return result;
    }
    /// `warnings` or `reasons` of the last file: `{"W-SAD":1}`.
    [[nodiscard]] std::string last(const char* name) const { return last_["data"][0][name].dump(); }
    [[nodiscard]] const TempDatabase& database() const { return database_; }
    [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment = {}) const {
        Launch launch;
        launch.command = {program("harmonia"), "--config", (directory() / "config.yaml").string(),
                          "--json"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment = environment;
        launch.environment["HARMONIA_DATABASE_DSN"] = database_.dsn();
        return launch;
    }
    /// All output of the program so far.
    [[nodiscard]] const std::string& output() const { return output_; }

    /// Every text of every table of the database, by table.
    [[nodiscard]] std::string dump() const {
        return database().text(
            "SELECT string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), "
            "true, false, '')::text, '') FROM pg_tables "
            "WHERE schemaname IN ('harmonia', 'screening', 'ops')");
    }

private:
    TempDatabase database_;
    TempDir directory_;
    int files_ = 0;
    nlohmann::json last_;
    std::string output_;
};

} // namespace harmonia::test
