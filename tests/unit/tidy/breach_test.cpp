// Each rule of the house against a tree that breaks it: a rule that accepts everything guards
// nothing.
#include "tests/support/catch.hpp"
#include "tests/unit/tidy/tree.hpp"

using namespace harmonia::tidy;

namespace {

constexpr const char* k_cmake = "harmonia_library(core_base core/base)\n"
                                "harmonia_library(core_money core/money LINKS core_base)\n"
                                "harmonia_library(core_db core/db LINKS core_base PARTIES x)\n"
                                "harmonia_library(importers importers LINKS core_base)\n";

std::string repeated(const std::string& line, int times) {
    std::string text;
    for (int i = 0; i < times; ++i)
        text += line;
    return text;
}

} // namespace

TEST_CASE("a long file, line or function, a blank at an end, a header without pragma: refused") {
    const std::string lines = repeated("int x;\n", 601);
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", lines.c_str()}})).size() == 2); // and over 400
    const std::string wide = std::string(101, 'x');
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", wide.c_str()}})).size() == 1);
    const std::string wide_utf8 = repeated("ü", 100);
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", wide_utf8.c_str()}})).empty());
    const std::string body = "void f(int a) {\n" + repeated("    g();\n", 69) + "}\n";
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", body.c_str()}})).size() == 1);
    const std::string fits = "void f(int a) {\n" + repeated("    g();\n", 68) + "}\n";
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", fits.c_str()}})).empty());
    CHECK(check_layout(Tree::of({{"core/base/a.cpp", "int x; \n"}})).size() == 1);
    CHECK(check_layout(Tree::of({{"core/base/a.hpp", "int x;\n"}})).size() == 1);
}

TEST_CASE("an arrow drawn backwards, sideways or into nothing: refused") {
    const auto count = [](const char* path, const char* text) {
        return check_arrows(Tree::of({{"CMakeLists.txt", k_cmake},
                                      {path, text},
                                      {"core/base/x.hpp", ""},
                                      {"core/db/x.hpp", ""},
                                      {"importers/x.hpp", ""},
                                      {"exporters/x.hpp", ""},
                                      {"jobs/other/x.hpp", ""},
                                      {"tests/support/x.hpp", ""},
                                      {"cli/x.hpp", ""}}))
            .size();
    };
    CHECK(count("core/money/a.cpp", "#include \"core/base/x.hpp\"\n") == 0);
    CHECK(count("core/money/a.cpp", "#include \"core/db/x.hpp\"\n") == 1);
    CHECK(count("core/base/a.cpp", "#include \"importers/x.hpp\"\n") == 1);
    CHECK(count("importers/a.cpp", "#include \"core/db/x.hpp\"\n") == 0);
    CHECK(count("importers/a.cpp", "#include \"exporters/x.hpp\"\n") == 1);
    CHECK(count("jobs/match/a.cpp", "#include \"importers/x.hpp\"\n") == 0);
    CHECK(count("jobs/match/a.cpp", "#include \"jobs/other/x.hpp\"\n") == 1);
    CHECK(count("jobs/match/a.cpp", "#include \"cli/x.hpp\"\n") == 1);
    CHECK(count("cli/a.cpp", "#include \"jobs/other/x.hpp\"\n") == 0);
    CHECK(count("cli/a.cpp", "#include \"tests/support/x.hpp\"\n") == 1);
    CHECK(count("cli/a.cpp", "#include \"nowhere.hpp\"\n") == 1);
}

TEST_CASE("a third-party header outside its room: refused") {
    const auto count = [](const char* path, const char* text) {
        return check_rooms(Tree::of({{path, text}})).size();
    };
    CHECK(count("core/db/a.cpp", "#include <pqxx/pqxx>\n") == 0);
    CHECK(count("jobs/match/a.cpp", "#include <pqxx/pqxx>\n") == 1);
    CHECK(count("jobs/export/a.cpp", "#include <amqp.h>\n") == 1);
    CHECK(count("core/base/hash.cpp", "#include <openssl/evp.h>\n") == 0);
    CHECK(count("core/base/text.cpp", "#include <spdlog/spdlog.h>\n") == 1);
}

TEST_CASE("a decide that reaches the database through another header: refused") {
    const Tree tree = Tree::of({{"jobs/match/decide.cpp", "#include \"jobs/match/types.hpp\"\n"},
                                {"jobs/match/types.hpp", "#include \"core/db/connection.hpp\"\n"},
                                {"core/db/connection.hpp", ""}});
    CHECK(check_decide(tree).size() == 1);
}

TEST_CASE("a source in a folder that no library names: refused") {
    CHECK(
        check_libraries(Tree::of({{"CMakeLists.txt", k_cmake}, {"core/lost/a.cpp", ""}})).size() ==
        1);
    CHECK(
        check_libraries(Tree::of({{"CMakeLists.txt", k_cmake}, {"jobs/a/b/c/d.cpp", ""}})).size() ==
        1);
    CHECK(
        check_libraries(Tree::of({{"CMakeLists.txt", k_cmake}, {"core/base/a.cpp", ""}})).empty());
}

TEST_CASE("a commit, acknowledgement or rename elsewhere, or without a failpoint: refused") {
    const auto count = [](const char* path, const char* text) {
        return check_acts(Tree::of({{path, text}})).size();
    };
    CHECK(count("jobs/a/run.cpp", "    db.exec(\"COMMIT\");\n") == 1);
    CHECK(count("jobs/a/run.cpp", "    transaction.commit();\n") == 1);
    CHECK(count("jobs/a/run.cpp", "    transaction.commit(Failpoint::mids_commit);\n") == 0);
    CHECK(count("jobs/a/run.cpp", "    amqp_basic_ack(c, 1, tag, 1);\n") == 1);
    CHECK(count("jobs/a/run.cpp", "    std::filesystem::rename(a, b);\n") == 1);
    CHECK(count("exporters/f.cpp", "    ::rename(a, b);\n") == 1);
    CHECK(count("exporters/f.cpp", "    rename_durably(a, b, Failpoint::export_file_rename);\n") ==
          0);
    CHECK(count("core/base/files.cpp", "    ::rename(a, b);\n") == 1);
    CHECK(count("core/base/files.cpp",
                "failpoint_before(p);\n    ::rename(a, b);\nfailpoint_after(p);\n") == 0);
}

TEST_CASE("a failpoint nobody names: refused") {
    const Tree tree = Tree::of({{"core/base/failpoints.def", "FAILPOINT(one)\nFAILPOINT(two)\n"},
                                {"jobs/a/run.cpp", "commit(Failpoint::one);\n"}});
    CHECK(check_failpoints(tree).size() == 1);
}

TEST_CASE("a job without its files, and an excuse it no longer needs: refused") {
    CHECK(check_jobs(Tree::of({{"jobs/new/run.cpp", ""}})).size() == 3);
    CHECK(check_jobs(Tree::of({{"jobs/status/decide.cpp", ""},
                               {"jobs/status/load.cpp", ""},
                               {"jobs/status/store.cpp", ""}}))
              .size() == 1);
}

TEST_CASE("a command without source, man page or README line: refused") {
    CHECK(
        check_commands(Tree::of({{"cli/frame/commands.def", "COMMAND(a_b, \"a-b\", \"does\")\n"}}))
            .size() == 3);
}

TEST_CASE("a migration with a gap before it, a wrong name, or a COMMIT inside: refused") {
    CHECK(check_migrations(
              Tree::of({{"migrations/ops/0001_a.sql", ""}, {"migrations/ops/0003_b.sql", ""}}))
              .size() == 1);
    CHECK(check_migrations(Tree::of({{"migrations/ops/first.sql", ""}})).size() == 1);
    CHECK(check_migrations(Tree::of({{"migrations/ops/0001_a.sql", "COMMIT;\n"}})).size() == 1);
}

TEST_CASE("work left undone: refused") {
    CHECK(check_words(Tree::of({{"cli/a.cpp", "// TO"
                                              "DO later\n"}}))
              .size() == 1);
}

TEST_CASE("a document that names a file that is not there: refused") {
    const auto count = [](const char* text) {
        return check_docs(Tree::of({{"docs/a.md", text}, {"core/base/text.hpp", ""}})).size();
    };
    CHECK(count("see `core/base/text.hpp`, `core/base/` and [a](a.md)\n") == 0);
    CHECK(count("see `core/base/gone.hpp`\n") == 1);
    CHECK(count("see [b](b.md) and `s/bogus`\n") == 2);
    CHECK(count("`cli/NAME.cpp`, `docs/man/*.scd`, [web](https://example.net/x)\n") == 0);
}

TEST_CASE("a room that includes what it does not name, or its house: refused") {
    const auto count = [](const char* path, const char* text) {
        return check_arrows(Tree::of({{"CMakeLists.txt", "harmonia_rooms(jobs/match\n"
                                                         "  \"low\"\n"
                                                         "  \"middle: low\"\n"
                                                         "  \"high: middle\")\n"},
                                      {path, text},
                                      {"jobs/match/run.hpp", ""},
                                      {"jobs/match/low/x.hpp", ""},
                                      {"jobs/match/middle/x.hpp", ""},
                                      {"jobs/match/high/x.hpp", ""}}))
            .size();
    };
    CHECK(count("jobs/match/run.cpp", "#include \"jobs/match/high/x.hpp\"\n") == 0);
    CHECK(count("jobs/match/high/a.cpp", "#include \"jobs/match/middle/x.hpp\"\n") == 0);
    CHECK(count("jobs/match/high/a.cpp", "#include \"jobs/match/low/x.hpp\"\n") == 1);
    CHECK(count("jobs/match/low/a.cpp", "#include \"jobs/match/middle/x.hpp\"\n") == 1);
    CHECK(count("jobs/match/low/a.cpp", "#include \"jobs/match/run.hpp\"\n") == 1);
    CHECK(count("jobs/export/a.cpp", "#include \"jobs/match/low/x.hpp\"\n") == 1);
    CHECK(
        check_arrows(Tree::of({{"CMakeLists.txt", "harmonia_rooms(a \"b: c\" \"c\")\n"}})).size() ==
        1);
}

TEST_CASE("a folder of more than 25 sources: refused") {
    Tree tree;
    for (int i = 0; i < 26; ++i)
        for (const char* end : {".cpp", ".def"}) {
            const std::string path = "core/base/a" + std::to_string(i) + end;
            tree.files[path] = {path, {}};
        }
    CHECK(check_layout(tree).size() == 1);
    tree.files.erase("core/base/a7.cpp");
    tree.files.erase("core/base/a7.def");
    CHECK(check_layout(tree).empty());
}

TEST_CASE("two types, or two values of a constant, of one name: refused") {
    const auto in = [](const char* text) { return std::string("namespace a {\n") + text; };
    const std::string one = in("struct X {\n};\n"), unnamed = in("namespace {\nstruct X {\n};\n");
    CHECK(
        check_types(Tree::of({{"core/a.hpp", one.c_str()}, {"core/b.hpp", one.c_str()}})).size() ==
        1);
    CHECK(check_types(Tree::of({{"core/a.hpp", one.c_str()}, {"core/b.cpp", unnamed.c_str()}}))
              .empty());
    CHECK(check_types(Tree::of({{"core/a.hpp", one.c_str()}, {"core/b.hpp", "struct X {\n};\n"}}))
              .empty());
    const std::string five = in("constexpr int k_x = 5;\n"), six = in("constexpr int k_x = 6;\n");
    CHECK(check_constants(Tree::of({{"core/a.cpp", five.c_str()}, {"core/b.cpp", six.c_str()}}))
              .size() == 1);
    CHECK(check_constants(Tree::of({{"core/a.cpp", five.c_str()}, {"core/b.cpp", five.c_str()}}))
              .empty());
}

TEST_CASE("a function that another header's source defines: refused") {
    const char* const declares = "namespace x {\nint f(int a);\n}\n";
    const char* const defines = "namespace x {\nint f(int a) {\n}\n} // namespace x\n";
    CHECK(check_definitions(Tree::of({{"core/a.hpp", declares},
                                      {"core/a.cpp", ""},
                                      {"core/b.hpp", ""},
                                      {"core/b.cpp", defines}}))
              .size() == 1);
    CHECK(check_definitions(
              Tree::of({{"core/a.hpp", declares}, {"core/b.hpp", ""}, {"core/b.cpp", defines}}))
              .empty());
    CHECK(check_definitions(Tree::of({{"core/a.hpp", declares}, {"core/a.cpp", defines}})).empty());
}

TEST_CASE("SQL in run, in pieces, or asking for the time: refused") {
    const char* const select = "x(\"SELECT a FROM b\");\n";
    CHECK(check_sql_home(Tree::of({{"jobs/a/run.cpp", select}})).size() == 1);
    CHECK(check_sql_home(Tree::of({{"jobs/a/store_more.cpp", select}})).empty());
    CHECK(check_sql_home(Tree::of({{"jobs/a/load/x.cpp", select}})).empty());
    CHECK(check_sql_home(Tree::of({{"jobs/a/reload.cpp", select}})).size() == 1);
    CHECK(check_sql_home(Tree::of({{"jobs/a/run.cpp", "// \"SELECT a\"\n"}})).empty());
    CHECK(
        check_sql_layout(Tree::of({{"core/a.cpp", "x(\"SELECT a \"\n  \"FROM b\");\n"}})).size() ==
        1);
    CHECK(check_sql_layout(Tree::of({{"core/a.cpp", "x(\"SELECT a\", \"b\");\n"}})).empty());
    CHECK(check_sql_layout(Tree::of({{"core/a.cpp", "x(R\"(SELECT a\n  FROM b)\");\n"}})).empty());
    CHECK(check_server_time(Tree::of({{"jobs/a/load.cpp", "x(\"SELECT now()\");\n"}})).size() == 1);
}

TEST_CASE("a phrase that nobody says: refused") {
    CHECK(check_english(Tree::of({{"cli/a.cpp", "x(\"5 is no number\");\n"}})).size() == 1);
    CHECK(check_english(Tree::of({{"cli/a.cpp", "x(\"there is no number\");\n"}})).empty());
    CHECK(check_english(Tree::of({{"docs/a.md", "it shall wait\n"}})).size() == 1);
}

TEST_CASE("a comment that names a document or a neighbour that is not there: refused") {
    const auto count = [](const char* text) {
        return check_docs(Tree::of({{"core/base/a.hpp", text},
                                    {"docs/here.md", ""},
                                    {"docs/decisions/0009-a.md", ""}}))
            .size();
    };
    CHECK(count("// docs/here.md, (a.hpp) and docs/decisions/0009\n") == 0);
    CHECK(count("// docs/gone.md\n") == 1);
    CHECK(count("// as there (b.hpp)\n") == 1);
}
