// A database of its own for a test: made from a migrated template, dropped at the end.
//
// HARMONIA_DATABASE_DSN says which server (s/services env); its role must be allowed to create
// databases. The template `harmonia_test_template_<digest of the migrations>` is made once, by
// whichever test program comes first, and kept. HARMONIA_KEEP_TEST_DB set: the test's database is
// kept and named.
#pragma once

#include "core/db/connection.hpp"

#include <string>

namespace harmonia::test {

class TempDatabase {
public:
    enum class Kind { migrated, empty };
    explicit TempDatabase(Kind kind = Kind::migrated);
    ~TempDatabase();
    TempDatabase(const TempDatabase&) = delete;
    TempDatabase& operator=(const TempDatabase&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& dsn() const { return dsn_; }
    [[nodiscard]] db::Settings settings() const; ///< connect_wait short: a test's server is there
    [[nodiscard]] std::unique_ptr<db::Connection> connect() const;

    /// Each in a connection and committed transaction of its own.
    [[nodiscard]] long long count(const std::string& sql) const; ///< first field as an integer
    [[nodiscard]] std::string
    text(const std::string& sql) const;         ///< first field; "" for null, no row
    void execute(const std::string& sql) const; ///< statements without parameters
    /// Ends another session at once, as a crash or an administrator would.
    void kill_backend(int pid) const;

private:
    [[nodiscard]] db::Result run(const std::string& sql) const;
    std::string name_, dsn_;
};

} // namespace harmonia::test
