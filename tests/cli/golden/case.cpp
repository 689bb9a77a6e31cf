#include "tests/cli/golden/case.hpp"

#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace harmonia::golden {
namespace {

void begin_step(Case& parsed, const std::string& verb, const std::string& rest) {
    Step step;
    step.kind = verb == "file" ? Step::Kind::file : Step::Kind::run;
    step.what = rest;
    parsed.steps.push_back(step);
}

// Where the lines after `--- VERB REST` go; null for a verb without a block.
std::string* open_block(Case& parsed, const std::string& verb, const std::string& rest) {
    if (verb == "file" || verb == "run")
        begin_step(parsed, verb, rest);
    if (parsed.steps.empty())
        throw std::runtime_error("--- " + verb + " before the first run");
    Step& step = parsed.steps.back();
    if (verb == "file")
        return &step.text;
    if (verb == "stdout")
        return &step.out;
    if (verb == "stderr")
        return &step.err;
    if (verb == "exit")
        step.exit = std::stoi(rest);
    else if (verb != "run")
        throw std::runtime_error("unknown --- " + verb);
    return nullptr;
}

std::string normal(std::string text, const std::string& folder) {
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
        text.replace(at, folder.size(), "<tmp>");
    static const std::regex k_uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    static const std::regex k_time(R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:?00)?)");
    static const std::regex k_run("\\brun=[0-9a-f]{8}\\b");
    text = std::regex_replace(text, k_uuid, "<uuid>");
    text = std::regex_replace(text, k_run, "run=<run>");
    return std::regex_replace(text, k_time, "<time>");
}

void append_block(std::string& out, const char* verb, const std::string& text) {
    if (text.empty())
        return;
    out += std::string("--- ") + verb + "\n" + text;
    if (!text.ends_with('\n'))
        out += "\n";
}

} // namespace

Case parse(const std::string& text) {
    Case parsed;
    std::string* block = &parsed.comment;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("--- ")) {
            const auto space = line.find(' ', 4);
            const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
            block = open_block(parsed, line.substr(4, space - 4), rest);
        } else if (block != nullptr) {
            *block += line + "\n";
        } else if (!line.empty()) {
            throw std::runtime_error("text outside a block: " + line);
        }
    }
    if (parsed.steps.empty())
        throw std::runtime_error("no --- run");
    return parsed;
}

std::string render(const Case& parsed) {
    std::string out = parsed.comment;
    for (const Step& step : parsed.steps) {
        if (step.kind == Step::Kind::file) {
            out += "--- file " + step.what + "\n" + step.text;
            continue;
        }
        out += "--- run " + step.what + "\n";
        if (step.exit != 0)
            out += "--- exit " + std::to_string(step.exit) + "\n";
        append_block(out, "stdout", step.out);
        append_block(out, "stderr", step.err);
    }
    return out;
}

Case play(const Case& expected) {
    const test::TempDir folder;
    const std::string programs =
        std::filesystem::path(test::program("harmonia")).parent_path().string();
    std::unique_ptr<test::TempDatabase> database;
    Case played = expected;
    for (Step& step : played.steps) {
        if (step.kind == Step::Kind::file) {
            (void)folder.write(step.what, step.text);
            continue;
        }
        if (database == nullptr && step.what.find("$REAL_DSN") != std::string::npos)
            database = std::make_unique<test::TempDatabase>();
        const test::Finished finished =
            test::run({.command = {"env", "-i", "PATH=" + programs + ":/usr/bin:/bin",
                                   "HOME=" + folder.path(), "LC_ALL=C.UTF-8", "TZ=America/New_York",
                                   "HARMONIA_DATABASE_DSN=postgresql://nobody@127.0.0.1:1/nowhere",
                                   "HARMONIA_BROKER_URL=amqp://127.0.0.1:1/nowhere",
                                   "REAL_DSN=" + (database == nullptr ? "" : database->dsn()),
                                   "/bin/sh", "-c", "cd '" + folder.path() + "' && " + step.what},
                       .environment = {},
                       .input = "",
                       .file_bytes_max = 0});
        step.exit = finished.exit;
        step.out = normal(finished.out, folder.path());
        step.err = normal(finished.err, folder.path());
    }
    return played;
}

} // namespace harmonia::golden
