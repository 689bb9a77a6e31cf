// Runs a fuzz target without a fuzzer: `fuzz_X FOLDER [MUTANTS]` feeds it every file of the folder
// and then mutants of them, drawn from a fixed seed, so that every run does the same. (With clang,
// the target file alone links with -fsanitize=fuzzer.) A target that throws or dies has its input
// written as \xNN text to stderr.
#include "core/base/text.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr unsigned long k_mutants = 20'000; // some seconds, under sanitizers too
constexpr std::size_t k_bytes_max = 4096;   // of a mutant; longer ones find nothing new here

std::string current; // what the target is eating, for the signal handler

void told(std::string_view how) {
    std::cerr << how << " at input: " << harmonia::printable(current, 4 * k_bytes_max) << '\n';
}

void died(int signal) {
    told("died");
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void feed(std::string input) {
    current = std::move(input);
    static_cast<void>(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()),
                                             current.size()));
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> inputs;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

// One to eight changes; pieces come from the other inputs, so that their words meet.
std::string mutant(const std::vector<std::string>& inputs, std::mt19937_64& random) {
    const auto below = [&](std::size_t limit) {
        return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit);
    };
    std::string text = inputs[below(inputs.size())];
    for (std::size_t change = 1 + below(8); change > 0; --change) {
        const std::string& other = inputs[below(inputs.size())];
        const std::size_t at = below(text.size() + 1);
        const std::size_t length = std::min(1 + below(24), text.size() - at);
        switch (below(6)) {
        case 0:
            text.erase(at, length);
            break;
        case 1:
            text.insert(at, text.substr(at, length));
            break;
        case 2:
            text.insert(at, 1, static_cast<char>(below(256)));
            break;
        case 3:
            if (at < text.size())
                text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        default:
            text.replace(at, below(length + 1), other, below(other.size() + 1), below(24));
        }
    }
    text.resize(std::min(text.size(), k_bytes_max));
    return text;
}

// As every test program tells s/test (tests/support/catch_results.hpp).
void note(const char* state, const std::string& program) {
    if (const char* folder = std::getenv("HARMONIA_TEST_RESULTS"))
        std::ofstream(std::string(folder) + "/" + program + ".tsv", std::ios::app)
            << state << '\t' << program << "\tcorpus and mutants\n";
}

} // namespace

int main(int count, char** words) {
    if (count < 2) {
        std::cerr << "usage: " << words[0] << " FOLDER [MUTANTS]\n";
        return 64;
    }
    const std::string program = std::filesystem::path(words[0]).filename().string();
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS})
        std::signal(signal, died);
    note("began", program);
    try {
        const std::vector<std::string> inputs = read_corpus(words[1]);
        if (inputs.empty())
            throw std::runtime_error("an empty corpus");
        for (const std::string& input : inputs)
            feed(input);
        std::mt19937_64 random(20'181'101);
        const unsigned long mutants = count > 2 ? std::stoul(words[2]) : k_mutants;
        for (unsigned long i = 0; i < mutants; ++i)
            feed(mutant(inputs, random));
        std::cout << inputs.size() << " inputs and " << mutants << " mutants\n";
    } catch (const std::exception& error) {
        told(error.what());
        note("failed", program);
        return 1;
    }
    note("passed", program);
    return 0;
}
