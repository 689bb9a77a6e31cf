#include "tests/support/catch.hpp"
#include "tests/unit/importers/reading.hpp"

using harmonia::test::fields_of;

TEST_CASE("kvlines: key and value pairs in any order") {
    const std::string yaml = "format: {kind: kvlines}\nfields: {id: transuid}";
    CHECK(fields_of(yaml, {"id", "spend", "gone"},
                    "transuid:7|merchno:M:1|spend:1299\nspend:5|transuid:8\n") == "7|1299|~;8|5|~");
    CHECK(fields_of(yaml, {"id"}, "transuid:7|oops\ntransuid:1|transuid:2\n\ntransuid:9|\n") ==
          "!bad_pair;!duplicate_key;9");
}
