#include "core/base/failpoint.hpp"

#include "core/base/error.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace harmonia {
namespace {

constexpr const char* k_names[] = {
#define FAILPOINT(name) #name,
#include "core/base/failpoints.def"
#undef FAILPOINT
};

struct Rule {
    std::string place; // `name:before` or `name:after`
    long passage = 1;
    std::string action; // kill, error, sleep
    int milliseconds = 0;
    std::atomic<long> passed{0};
};

// Only a file owned by the caller, in a directory called `failpoints`: systemd units run with a
// read-only tree and a private /tmp, so they cannot have one.
bool acceptable(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return false;
    const auto slash = path.rfind('/');
    if (slash == std::string::npos)
        return false;
    const std::string folder = path.substr(0, slash);
    return S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && folder.ends_with("/failpoints");
}

struct Armed {
    std::vector<std::unique_ptr<Rule>> rules;
    std::string trace;
    Armed() {
        if (const char* file = std::getenv("HARMONIA_FAILPOINT_TRACE"))
            trace = file;
        const char* file = std::getenv("HARMONIA_FAILPOINT_FILE");
        if (file == nullptr || !acceptable(file))
            return;
        std::ifstream in(file);
        for (std::string line; std::getline(in, line);)
            add(line);
    }
    void add(const std::string& line) {
        std::istringstream words(line);
        auto rule = std::make_unique<Rule>();
        if (!(words >> rule->place >> rule->action))
            return;
        words >> rule->milliseconds;
        if (const auto at = rule->place.find('@'); at != std::string::npos) {
            rule->passage = static_cast<long>(parse_int(rule->place.substr(at + 1)).value_or(1));
            rule->place.resize(at);
        }
        if (rule->place.find(':') == std::string::npos)
            rule->place += ":before";
        rules.push_back(std::move(rule));
    }
};

Armed& armed() {
    static Armed instance;
    return instance;
}

void write_trace(const std::string& file, const std::string& place) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    const std::string line = place + "\n";
    [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
    ::close(fd);
}

void pass(Failpoint point, const char* side) {
    Armed& state = armed();
    if (state.rules.empty() && state.trace.empty())
        return;
    const std::string place = std::string(failpoint_name(point)) + side;
    if (!state.trace.empty())
        write_trace(state.trace, place);
    for (const auto& rule : state.rules) {
        if (rule->place != place || ++rule->passed != rule->passage)
            continue;
        if (rule->action == "kill") {
            ::kill(::getpid(), SIGKILL);
            ::pause();
        } else if (rule->action == "sleep") {
            sleep_unless_stopped(rule->milliseconds);
        } else {
            throw Error(Exit::io, "failpoint " + place + " raised an error");
        }
    }
}

} // namespace

const char* failpoint_name(Failpoint point) {
    return k_names[static_cast<int>(point)];
}
void failpoint_before(Failpoint point) {
    pass(point, ":before");
}
void failpoint_after(Failpoint point) {
    pass(point, ":after");
}

} // namespace harmonia
