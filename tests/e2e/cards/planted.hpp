// Card numbers planted for a test, and the search for them in every table of a database, in texts
// and in files, however they are written.
#pragma once

#include "core/base/digit_runs.hpp"
#include "core/base/hash.hpp"
#include "tests/support/database.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace harmonia::test {

class Planted {
public:
    /// A new number with a right, or a wrong, check digit.
    [[nodiscard]] std::string good() { return make(true); }
    [[nodiscard]] std::string bad() { return make(false); }
    /// In groups of four.
    [[nodiscard]] static std::string grouped(const std::string& number, char between) {
        std::string out;
        for (std::size_t i = 0; i < number.size(); ++i) {
            if (i > 0 && i % 4 == 0)
                out += between;
            out += number[i];
        }
        return out;
    }

    /// Notes where a text shows one of the numbers: as digits, in groups, or as the bytes of its
    /// digits in hexadecimal, which is how PostgreSQL shows binary columns.
    void search(const std::string& where, const std::string& text) {
        std::string plain = text;
        std::erase_if(plain, [](char c) { return c == ' ' || c == '-'; });
        for (const std::string& number : numbers_) {
            const bool shown =
                plain.find(number) != std::string::npos ||
                text.find(harmonia::hex(number)) != std::string::npos ||
                text.find(harmonia::hex(grouped(number, ' '))) != std::string::npos ||
                text.find(harmonia::hex(grouped(number, '-'))) != std::string::npos;
            if (shown)
                found_.push_back(where + " shows " + number);
        }
    }
    /// Every column of every table of every schema that is not PostgreSQL's own.
    void search(const TempDatabase& database) {
        const auto connection = database.connect();
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        const auto tables = tx.exec(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON "
            "n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', "
            "'information_schema', 'pg_toast') ORDER BY 1");
        for (std::size_t i = 0; i < tables.size(); ++i) {
            const std::string name(tables.text(i, 0));
            const auto rows = tx.exec(fmt::format("SELECT t::text FROM {} t", name));
            for (std::size_t row = 0; row < rows.size(); ++row)
                search(name + " " + std::string(rows.text(row, 0)), std::string(rows.text(row, 0)));
            tables_ += rows.empty() ? 0 : 1;
        }
    }
    /// A file from a position on; a missing file shows nothing.
    void search_file(const std::filesystem::path& path, std::uint64_t from = 0) {
        search(path.string(), file_text(path.string()).substr(from));
    }
    [[nodiscard]] const std::vector<std::string>& found() const { return found_; }
    [[nodiscard]] const std::vector<std::string>& numbers() const { return numbers_; }
    [[nodiscard]] int tables() const { return tables_; } ///< searched ones with rows
    void forget() { found_.clear(); }

private:
    std::string make(bool holds) {
        // A separate range, because the servers' logs also show numbers of other tests.
        const std::string body = fmt::format("400055{:09}", 123'456'789 + 7'654'321 * ++made_);
        for (char check = '0'; check <= '9'; ++check)
            if (luhn_holds(body + check)) {
                numbers_.push_back(body + (holds ? check : check == '9' ? '0' : char(check + 1)));
                break;
            }
        return numbers_.back();
    }

    std::vector<std::string> numbers_, found_;
    int made_ = 0, tables_ = 0;
};

} // namespace harmonia::test
