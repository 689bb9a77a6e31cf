#include "core/config/config.hpp"
#include "core/config/layers.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/support.hpp"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace harmonia;
using config::Layers;
using config::load;
using config::lookup;
using config::parse;
using test::refusal;

namespace {

/// A configuration file that is gone with the test.
struct File {
    explicit File(const std::string& text) {
        char name[] = "/tmp/harmonia-config-XXXXXX";
        ::close(::mkstemp(name));
        path = name;
        std::ofstream(path) << text;
    }
    ~File() { std::filesystem::remove(path); }
    std::string path;
};

std::string text_at(const config::Value& root, const char* path) {
    return lookup(root, path)->as_text();
}

} // namespace

TEST_CASE("with no file at all the defaults are there") {
    const auto root = load({});
    CHECK(text_at(root, "export.notify_queue") == "export");
    CHECK(text_at(root, "import.max_pending") == "500000");
    CHECK(text_at(root, "match.identify.method") == "none");
    CHECK(lookup(root, "matching.default.base")->as_text_list() ==
          std::vector<std::string>{"merchant_identifier", "amount", "pending"});
    CHECK_FALSE(lookup(root, "matching.nobody"));
    CHECK_FALSE(lookup(root, "version.deeper"));
}

TEST_CASE("each layer covers those below it") {
    const File file("import:\n  max_pending: 1\n  block_rows: 2\n  queue_prefetch: 3\n"
                    "log: {level: debug}\n");
    Layers layers;
    layers.file = file.path;
    CHECK(text_at(load(layers), "import.max_pending") == "1");
    layers.store = {{"import.max_pending", "11"}};
    CHECK(lookup(load(layers), "import.max_pending")->origin().text() == "database");
    layers.environment = {{"HARMONIA_IMPORT_MAX_PENDING", "111"},
                          {"HARMONIA_DATABASE_DSN", "dbname=x"},
                          {"HARMONIA_MATCH_IDENTIFY_METHOD", "table"},
                          {"HARMONIA_TEST_ANYTHING", "x"},
                          {"HARMONIA_FAILPOINT_FILE", "x"}};
    layers.flags = {{"log.level", "warn"}};
    const auto root = load(layers);
    CHECK(text_at(root, "import.max_pending") == "111");
    CHECK(lookup(root, "import.max_pending")->origin().text() == "HARMONIA_IMPORT_MAX_PENDING");
    CHECK(text_at(root, "import.block_rows") == "2");
    CHECK(lookup(root, "import.block_rows")->origin().text() == file.path + ":3:15");
    CHECK(text_at(root, "import.queue_batch_wait") == "1s");
    CHECK(text_at(root, "database.dsn") == "dbname=x");
    CHECK(text_at(root, "match.identify.method") == "table");
    CHECK(text_at(root, "log.level") == "warn");
}

TEST_CASE("the store comes above files and below variables and flags, also when it comes late") {
    Layers layers;
    layers.environment = {{"HARMONIA_IMPORT_MAX_PENDING", "1"}};
    const auto root = config::with_store(
        load(layers), {{"import.max_pending", "2"}, {"purge_archive.older_than", "9d"}});
    CHECK(text_at(root, "import.max_pending") == "1");
    CHECK(text_at(root, "purge_archive.older_than") == "9d");
    CHECK(lookup(root, "purge_archive.older_than")->origin().text() == "database");
    CHECK(lookup(root, "purge_archive.older_than")->path() == "purge_archive.older_than");
}

TEST_CASE("variables name what a file holds, too") {
    const File file("databases: {accounts: {dsn: a}}\nexports:\n  - {name: the-works, url: b}\n");
    Layers layers;
    layers.file = file.path;
    layers.environment = {{"HARMONIA_DATABASES_ACCOUNTS_DSN", "c"},
                          {"HARMONIA_EXPORTS_THE_WORKS_URL", "d"}};
    const auto root = load(layers);
    CHECK(text_at(root, "databases.accounts.dsn") == "c");
    CHECK(text_at(root, "exports.the-works.url") == "d");
    CHECK(lookup(root, "exports.the-works.url")->path() == "exports[0].url");
}

TEST_CASE("a variable, store row or flag that names no key is refused") {
    Layers layers;
    layers.environment = {{"HARMONIA_IMPORT_MAX_PENDIN", "1"}};
    const auto error = refusal([&] { static_cast<void>(load(layers)); });
    CHECK(error.what ==
          "environment variable HARMONIA_IMPORT_MAX_PENDIN names no configuration key");
    CHECK(error.hint == "Did you mean HARMONIA_IMPORT_MAX_PENDING?");
    CHECK(error.exit == Exit::config);
    layers = {};
    layers.store = {{"import.block_rows", "1"}};
    CHECK(refusal([&] { static_cast<void>(load(layers)); }).what ==
          "database: import.block_rows is not a live key");
    layers = {};
    layers.flags = {{"log.levle", "1"}};
    CHECK(refusal([&] { static_cast<void>(load(layers)); }).what == "flag: unknown key log.levle");
}

TEST_CASE("unknown keys of any section are refused, merchants under matching are not") {
    const auto says = [](const std::string& yaml) {
        const File file(yaml);
        Layers layers;
        layers.file = file.path;
        auto error = refusal([&] { static_cast<void>(load(layers)); });
        error.what.erase(0, error.what.find(": "));
        return error.what + " " + error.hint;
    };
    CHECK(says("improt: {}\n") == ": improt: unknown key 'improt' Did you mean 'import'?");
    CHECK(says("match: {identify: {metod: x}}\n") ==
          ": match.identify.metod: unknown key 'metod' Did you mean 'method'?");
    CHECK(says("import: 5\n") == ": import: must be a map, got a single value ");
    CHECK(says("- a\n") == ": must be a map, got a list ");
    CHECK(says("version: 2\n") == ": version: must be 1, the version that this program reads ");
    CHECK(says("matching: {costa: {mode: spotted}, default: {where: []}}\n") == " ");
}

TEST_CASE("a file that is not there is a configuration error") {
    Layers layers;
    layers.file = "/nowhere/config.yaml";
    const auto error = refusal([&] { static_cast<void>(load(layers)); });
    CHECK(error.exit == Exit::config);
    CHECK_THAT(error.what, Catch::Contains("/nowhere/config.yaml"));
}

TEST_CASE("lists of named items merge by name, a whole item at a time") {
    const auto lower = parse("feeds:\n- {name: a, x: 1}\n- {name: b, x: 2}\nmids: [1, 2]\n", "low");
    const auto merged = [&](const char* yaml) {
        return config::render(config::merge(lower, parse(yaml, "high")), false);
    };
    CHECK(merged("feeds: [{name: c}, {name: a, y: 3}]\nmids: [7]\n") ==
          "feeds:\n  -\n    name: a\n    y: 3\n  -\n    name: b\n    x: 2\n  -\n    name: c\n"
          "mids:\n  - 7\n");
    CHECK(merged("feeds: []\nmids:\n") == "feeds: []\nmids:\n  - 1\n  - 2\n");
    const auto error = refusal([&] { merged("feeds: [{name: c}, {name: c}]\n"); });
    CHECK(error.what == "high:1:20: feeds[1]: 'c' is given twice");
    CHECK(error.hint == "It was first given at high:1:9.");
}

TEST_CASE("variables are expanded in values, once, and never in keys") {
    ::setenv("HARMONIA_TEST_A", "one", 1);
    ::setenv("HARMONIA_TEST_EMPTY", "", 1);
    ::setenv("HARMONIA_TEST_NESTED", "${HARMONIA_TEST_A}", 1);
    const auto expanded = [](const std::string& text) {
        return config::expand(parse("k: '" + text + "'\n", "f")).find("k")->as_text();
    };
    const auto says = [&](const std::string& text) {
        return refusal([&] { expanded(text); }).what;
    };
    CHECK(expanded("a ${HARMONIA_TEST_A}!") == "a one!");
    CHECK(expanded("${HARMONIA_TEST_NO:-two}") == "two");
    CHECK(expanded("${HARMONIA_TEST_NO:-}") == "");
    CHECK(expanded("${HARMONIA_TEST_EMPTY:-two}") == "two");
    CHECK(expanded("${HARMONIA_TEST_EMPTY}") == "");
    CHECK(expanded("${HARMONIA_TEST_NESTED}") == "${HARMONIA_TEST_A}");
    CHECK(expanded("$${HARMONIA_TEST_A} $$ ^x$ $1") == "${HARMONIA_TEST_A} $ ^x$ $1");
    CHECK(says("${HARMONIA_TEST_NO}") ==
          "f:1:4: k: environment variable HARMONIA_TEST_NO is not set");
    CHECK(says("${HARMONIA_TEST_NO:?set it}") ==
          "f:1:4: k: environment variable HARMONIA_TEST_NO is not set: set it");
    CHECK(says("${HARMONIA_TEST_A") == "f:1:4: k: '${' is never closed with '}'");
    CHECK(says("${HARMONIA_TEST_A:x}") ==
          "f:1:4: k: '${HARMONIA_TEST_A:x}' is not a valid variable");
    CHECK(says("${}") == "f:1:4: k: '${}' is not a valid variable");
    const auto keys = config::expand(parse("'${HARMONIA_TEST_A}': 1\n", "f"));
    CHECK(keys.find("${HARMONIA_TEST_A}") != nullptr);
}

TEST_CASE("every key of the defaults is documented and readable back") {
    for (const auto& key : config::keys()) {
        INFO(key.path);
        CHECK_FALSE(key.help.empty());
        CHECK(key.help.find("[live]") == std::string::npos);
        CHECK(lookup(load({}), key.path)->as_text() == key.default_text);
    }
}

TEST_CASE("live keys are marked in the defaults") {
    std::vector<std::string> live;
    for (const auto& key : config::keys())
        if (key.live)
            live.push_back(key.path);
    CHECK(live == std::vector<std::string>{"import.max_pending", "purge_archive.older_than"});
}
