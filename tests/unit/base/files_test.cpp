// Durable files, secrets and digests.
#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <sys/stat.h>

#include <filesystem>

using namespace harmonia;
namespace fs = std::filesystem;

TEST_CASE("rename_durably never overwrites: the second file of a name gets a suffix") {
    const test::TempDir dir;
    const fs::path archive = fs::path(dir.path()) / "archive/2026-11-21/day.csv";
    CHECK(rename_durably(dir.write("a", "one"), archive, Failpoint::import_archive_rename) ==
          archive);
    const auto second =
        rename_durably(dir.write("a", "two"), archive, Failpoint::import_archive_rename);
    CHECK(second.filename() == "day.csv.1");
    CHECK(test::file_text(archive) == "one");
    CHECK(test::file_text(second) == "two");
}

TEST_CASE("an atomic file is seen whole or not at all") {
    const test::TempDir dir;
    const fs::path target = fs::path(dir.path()) / "out.csv";
    {
        AtomicFile file(target);
        file.write("half");
        CHECK_FALSE(fs::exists(target));
    }
    CHECK(fs::is_empty(dir.path()));
    AtomicFile file(target);
    file.write("whole");
    file.commit(Failpoint::export_file_rename);
    CHECK(test::file_text(target) == "whole");
}

TEST_CASE("a secret file that others may read is refused with the cure") {
    const test::TempDir dir;
    const std::string path = dir.write("key", "s3cret\n");
    ::chmod(path.c_str(), 0640);
    try {
        (void)read_secret_file(path);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::permission);
        CHECK(error.hint().find("chmod 600") != std::string::npos);
    }
    ::chmod(path.c_str(), 0600);
    CHECK(read_secret_file(path) == "s3cret");
}

TEST_CASE("missing and oversized files end with their own exit codes") {
    const test::TempDir dir;
    const auto exit_of = [](auto act) {
        try {
            act();
        } catch (const Error& error) {
            return error.exit();
        }
        return Exit::done;
    };
    CHECK(exit_of([&] { (void)read_file(dir.path() + "/none", 10); }) == Exit::no_input);
    const std::string big = dir.write("big", std::string(11, 'x'));
    CHECK(exit_of([&] { (void)read_file(big, 10); }) == Exit::data);
    CHECK(exit_of([&] { AtomicFile file(dir.path() + "/no/such/file"); }) == Exit::cannot_create);
}

TEST_CASE("digests are those of the published test vectors") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"); // RFC 4231, case 2
    Sha256 streaming;
    streaming.update("a");
    streaming.update("bc");
    CHECK(streaming.finish_hex() == sha256_hex("abc"));
    CHECK(streaming.finish_hex() == sha256_hex("")); // reusable
}
