// The limit that `import` is measured against: COPY of given rows into given tables, a commit a
// block.
//
//   bench_copy_rows ROWS TABLE=FILE...
//
// Each FILE is in COPY's text form, one row a line. A block is the next ROWS lines of every file,
// in the order given, in one transaction. The database is libpq's own (PGHOST, PGDATABASE, ...).
// Prints the seconds from the first BEGIN to the last COMMIT.
#include <libpq-fe.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr std::size_t k_piece_bytes = 1 << 20; // as large as COPY takes without further gain

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_copy_rows: %s\n", what.c_str());
    std::exit(1);
}

struct Table {
    std::string name;
    std::ifstream file;
    std::string buffer; // read, not yet sent
    bool ended = false;
};

void command(PGconn* connection, const std::string& sql, ExecStatusType expected) {
    PGresult* result = PQexec(connection, sql.c_str());
    if (PQresultStatus(result) != expected)
        fail(sql + ": " + PQerrorMessage(connection));
    PQclear(result);
}

void send(PGconn* connection, const char* bytes, std::size_t size) {
    if (PQputCopyData(connection, bytes, static_cast<int>(size)) != 1)
        fail(std::string("COPY: ") + PQerrorMessage(connection));
}

/// Sends up to `rows` lines of the table's file.
void copy_block(PGconn* connection, Table& table, std::uint64_t rows) {
    command(connection, "COPY " + table.name + " FROM STDIN", PGRES_COPY_IN);
    while (rows > 0) {
        if (table.buffer.empty()) {
            table.buffer.resize(k_piece_bytes);
            table.file.read(table.buffer.data(), k_piece_bytes);
            table.buffer.resize(static_cast<std::size_t>(table.file.gcount()));
            if (table.buffer.empty()) {
                table.ended = true;
                break;
            }
        }
        const char* at = table.buffer.data();
        const char* end = at + table.buffer.size();
        while (at < end && rows > 0) {
            const auto* line_end =
                static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            if (line_end == nullptr) {
                at = end;
                break;
            }
            at = line_end + 1;
            --rows;
        }
        const auto size = static_cast<std::size_t>(at - table.buffer.data());
        send(connection, table.buffer.data(), size);
        table.buffer.erase(0, size);
    }
    if (PQputCopyEnd(connection, nullptr) != 1)
        fail(std::string("COPY: ") + PQerrorMessage(connection));
    PGresult* result = PQgetResult(connection);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail(table.name + ": " + PQerrorMessage(connection));
    PQclear(result);
    PQclear(PQgetResult(connection));
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        fail("usage: bench_copy_rows ROWS TABLE=FILE...");
    const auto rows = std::strtoull(argv[1], nullptr, 10);
    std::vector<Table> tables;
    for (int i = 2; i < argc; ++i) {
        const std::string text = argv[i];
        const auto equals = text.find('=');
        if (rows == 0 || equals == std::string::npos)
            fail("usage: bench_copy_rows ROWS TABLE=FILE...");
        tables.push_back(
            {text.substr(0, equals), std::ifstream(text.substr(equals + 1)), {}, false});
        if (!tables.back().file)
            fail("cannot read " + text.substr(equals + 1));
    }
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(""), &PQfinish);
    if (PQstatus(connection.get()) != CONNECTION_OK)
        fail(PQerrorMessage(connection.get()));
    const auto start = std::chrono::steady_clock::now();
    for (bool more = true; more;) {
        command(connection.get(), "BEGIN", PGRES_COMMAND_OK);
        more = false;
        for (auto& table : tables) {
            copy_block(connection.get(), table, rows);
            more = more || !table.ended;
        }
        command(connection.get(), "COMMIT", PGRES_COMMAND_OK);
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    std::printf("%.3f\n", spent.count());
    return 0;
}
