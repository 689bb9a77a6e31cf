#include "core/config/config.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/support.hpp"

using namespace harmonia;
using config::Reader;
using test::refusal;

namespace {

config::Value tree(const char* yaml) {
    return config::parse(yaml, "f");
}

} // namespace

TEST_CASE("a reader refuses a key nobody asked for, and suggests the nearest") {
    Reader reader(tree("windw_days: 3\nthreads: 2\n"));
    CHECK(reader.integer("threads", 1, 0, 64) == 2);
    CHECK(reader.integer("window_days", 14, 1, 400) == 14);
    const auto error = refusal([&] { reader.finish(); });
    CHECK(error.what == "f:1:13: windw_days: unknown key 'windw_days'");
    CHECK(error.hint == "Did you mean 'window_days'?");
    CHECK(error.exit == Exit::config);
}

TEST_CASE("a reader of nothing has no keys") {
    Reader reader{config::Value()};
    CHECK_FALSE(reader.has("a"));
    CHECK(reader.text("a", "b") == "b");
    CHECK_NOTHROW(reader.finish());
    CHECK(refusal([&] { static_cast<void>(reader.required("a")); }).what == "'a' is missing");
}

TEST_CASE("a section must be a map") {
    CHECK(refusal([] { Reader reader(*tree("a: 5\n").find("a")); }).what ==
          "f:1:4: a: must be a map, got a single value");
}

TEST_CASE("null counts as absent") {
    Reader reader(tree("a:\nb: ~\n"));
    CHECK_FALSE(reader.has("a"));
    CHECK(reader.integer("b", 7, 0, 9) == 7);
    CHECK_NOTHROW(reader.finish());
}

TEST_CASE("values are read strictly") {
    const auto root = tree("i: 12\nn: 1.5\nt: yes\nd: 90\ns: 64\nl: [a, b]\nx: 99\n");
    const auto says = [](auto act) { return refusal(act).what; };
    CHECK(root.find("n")->as_number() == 1.5);
    CHECK(root.find("l")->as_text_list() == std::vector<std::string>{"a", "b"});
    CHECK(root.find("i")->as_text_list() == std::vector<std::string>{"12"});
    CHECK(says([&] { static_cast<void>(root.find("n")->as_integer()); }) ==
          "f:2:4: n: must be a whole number, got '1.5'");
    CHECK(says([&] { static_cast<void>(root.find("t")->as_boolean()); }) ==
          "f:3:4: t: must be true or false, got 'yes'");
    CHECK(says([&] { static_cast<void>(root.find("d")->as_duration_ms()); }) ==
          "f:4:4: d: must be a duration, got '90'");
    CHECK(says([&] { static_cast<void>(root.find("s")->as_size_bytes()); }) ==
          "f:5:4: s: must be a size, got '64'");
    CHECK(says([&] { static_cast<void>(root.find("t")->as_number()); }) ==
          "f:3:4: t: must be a number, got 'yes'");
    CHECK(says([&] { static_cast<void>(root.find("l")->scalar()); }) ==
          "f:6:4: l: must be a single value, got a list");
    Reader reader(root);
    CHECK(says([&] { static_cast<void>(reader.integer("x", 1, 0, 10)); }) ==
          "f:7:4: x: must be between 0 and 10, got 99");
}

TEST_CASE("durations and sizes carry units") {
    const auto root = tree("a: 250ms\nb: 60d\nc: 64MiB\n");
    CHECK(root.find("a")->as_duration_ms() == 250);
    CHECK(root.find("b")->as_duration_ms() == 60LL * 86'400'000);
    CHECK(root.find("c")->as_size_bytes() == 64LL * 1024 * 1024);
}

TEST_CASE("a choice suggests what it knows") {
    Reader reader(tree("method: tabel\n"));
    const auto error = refusal([&] {
        static_cast<void>(reader.choice("method", {"none", "table"}, "none"));
    });
    CHECK(error.what == "f:1:9: method: unknown value 'tabel'");
    CHECK(error.hint == "Did you mean 'table'?");
}
