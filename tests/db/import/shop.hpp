// A small installation that imports one merchant's files, driven as an operator would: a database,
// directories, a configuration, the program.
#pragma once

#include "tests/support/database.hpp"
#include "tests/support/imported.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

/// What `import --json` said.
class Shop {
public:
    /// `more`: lines under `import:`, for instance `  block_rows: 100`.
    explicit Shop(const std::string& more = {});
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    /// A file in the feed's directory; its path.
    std::filesystem::path put(const std::string& name, const std::string& text) const;
    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& more = {}) const;
    [[nodiscard]] Imported import(std::vector<std::string> arguments = {},
                                  const std::map<std::string, std::string>& more = {}) const;
    /// Runs `import` with this line in the failpoint file; killed: exit 137.
    [[nodiscard]] Imported import_failing_at(const std::string& rule,
                                             std::vector<std::string> arguments = {}) const;
    [[nodiscard]] Finished harmonia(const std::vector<std::string>& arguments) const;
    /// Replaces the feed's declaration: `bad_date` accepts dates of another form too.
    void declare(const std::string& date_formats, const std::string& more_of_feed = {}) const;

    [[nodiscard]] const TempDatabase& database() const { return database_; }
    [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }
    [[nodiscard]] std::filesystem::path waiting() const { return directory() / "imports/shop"; }
    /// Names of all files below a directory of the installation, in order.
    [[nodiscard]] std::vector<std::string> files_in(const std::string& name) const;

    [[nodiscard]] long long rows() const; ///< guard rows
    /// Everything stored, by content: guards, raw records, rows, rejects, closed batches' counts.
    [[nodiscard]] std::string books() const;

private:
    std::string more_;
    TempDatabase database_;
    TempDir directory_;
};

/// `id,date,amount,mid` lines `first`…`last` under their header, ids `p1`, `p2`, …
[[nodiscard]] std::string csv(int first, int last);

} // namespace harmonia::test
