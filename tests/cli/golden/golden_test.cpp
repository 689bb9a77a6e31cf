// Every tests/cli/*/*.test against the built program. HARMONIA_TEST_UPDATE=1 writes what the
// program gave into the files instead; read the difference before you commit it.
#include "tests/cli/golden/case.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace harmonia;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> golden_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(test::source_root() / "tests/cli"))
        if (entry.path().extension() == ".test")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// The files of one folder: tests/cli/FOLDER/*.test.
void check_folder(const fs::path& folder) {
    for (const fs::path& file : golden_files()) {
        if (file.parent_path().filename() != folder)
            continue;
        const std::string text = test::file_text(file.string());
        const std::string played = golden::render(golden::play(golden::parse(text)));
        if (std::getenv("HARMONIA_TEST_UPDATE") != nullptr) {
            std::ofstream(file) << played;
            continue;
        }
        INFO(file.string());
        CHECK(played == golden::render(golden::parse(text)));
    }
}

} // namespace

TEST_CASE("golden files are found") {
    CHECK(golden_files().size() >= 10);
}

TEST_CASE("golden: help and version of the program and of every command") {
    check_folder("help");
}

TEST_CASE("golden: the command line is wrong") {
    check_folder("usage");
}

TEST_CASE("golden: the configuration is wrong") {
    check_folder("config");
}

TEST_CASE("golden: servers and files are missing") {
    check_folder("missing");
}

TEST_CASE("every golden file lies in a folder that a test case plays") {
    const std::vector<std::string> played{"help", "usage", "config", "missing"};
    for (const fs::path& file : golden_files()) {
        INFO(file.string());
        CHECK(std::find(played.begin(), played.end(), file.parent_path().filename().string()) !=
              played.end());
    }
}

TEST_CASE("a golden file that says something else than the program is noticed") {
    const auto lies = [](const std::string& text) {
        const golden::Case expected = golden::parse(text);
        return golden::render(golden::play(expected)) != golden::render(expected);
    };
    CHECK_FALSE(lies("--- file a\nx\n--- run cat a; echo y >&2; exit 3\n--- exit 3\n--- stdout\nx\n"
                     "--- stderr\ny\n"));
    CHECK(lies("--- run echo x\n--- stdout\ny\n"));
    CHECK(lies("--- run echo x\n"));
    CHECK(lies("--- run echo x >&2\n"));
    CHECK(lies("--- run exit 1\n"));
    CHECK_THROWS(golden::parse("--- stdout\n"));
    CHECK_THROWS(golden::parse("--- bogus\n"));
    CHECK_THROWS(golden::parse("--- run true\nstray\n"));
}
