// Tells s/test how each test case ended: with HARMONIA_TEST_RESULTS naming a directory, every test
// program appends lines `passed|failed <tab> program <tab> title` to PROGRAM.tsv in it. The line is
// written when the case begins as `began`, so that a program that dies has a case to answer for it.
// A hidden case (its tag begins with a dot) is a child that another case starts and may kill: it is
// that case's business. Included once, by catch_main.cpp.
#pragma once

#include "tests/support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace harmonia::test {

class ResultLines : public Catch::TestEventListenerBase {
public:
    using TestEventListenerBase::TestEventListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        TestEventListenerBase::testCaseStarting(test);
        write("began", test);
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        write(stats.totals.assertions.allOk() ? "passed" : "failed", stats.testInfo);
        TestEventListenerBase::testCaseEnded(stats);
    }

private:
    static void write(const char* state, const Catch::TestCaseInfo& test) {
        const char* folder = std::getenv("HARMONIA_TEST_RESULTS");
        if (folder == nullptr || test.isHidden())
            return;
        const std::string program =
            std::filesystem::read_symlink("/proc/self/exe").filename().string();
        std::ofstream(std::string(folder) + "/" + program + ".tsv", std::ios::app)
            << state << '\t' << program << '\t' << test.name << '\n';
    }
};

CATCH_REGISTER_LISTENER(ResultLines)

} // namespace harmonia::test
