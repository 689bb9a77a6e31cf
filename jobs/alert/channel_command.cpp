// A mail program that reads the whole mail from its standard input (sendmail, msmtp): `type:
// command`.
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/alert/channel_http.hpp"
#include "jobs/alert/mail.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

extern "C" { // glibc 2.36 forgot
#include <sys/pidfd.h>
}

extern char** environ;

namespace harmonia::alert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_said_max = 1024; // of what it prints

struct Pipe {
    int read = -1, write = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            read = ends[0];
            write = ends[1];
        }
    }
    ~Pipe() {
        shut(read);
        shut(write);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    static void shut(int& fd) {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
};

/// A program under way, in a process group of its own: fed and heard until it ends or the time is
/// over. What it leaves running when it ends is left alone, also when that holds its output open.
class Program {
public:
    explicit Program(const std::vector<std::string>& command) {
        std::vector<char*> arguments;
        for (const auto& word : command)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, in_.read, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out_.write, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out_.write, STDERR_FILENO);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
        sigset_t usual; // we ignore it, a mail program need not
        ::sigemptyset(&usual);
        ::sigaddset(&usual, SIGPIPE);
        ::posix_spawnattr_setsigdefault(&attributes, &usual);
        error_ =
            ::posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
        Pipe::shut(in_.read);
        Pipe::shut(out_.write);
        ::fcntl(in_.write, F_SETFL, O_NONBLOCK);
        watch();
    }
    ~Program() { Pipe::shut(ended_); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    [[nodiscard]] int error() const { return error_; }
    [[nodiscard]] const std::string& said() const { return said_; }

    /// False: it took too long and was killed, with all that it started.
    bool talk(std::string_view text, std::chrono::milliseconds patience) {
        const auto until = Clock::now() + patience;
        for (;;) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
            if (left <= 0) {
                ::kill(-pid_, SIGKILL);
                return false;
            }
            std::array<pollfd, 3> fds{
                {{ended_, POLLIN, 0}, {out_.read, POLLIN, 0}, {in_.write, POLLOUT, 0}}};
            if (::poll(fds.data(), fds.size(), static_cast<int>(left)) <= 0)
                continue;
            if (fds[1].revents != 0)
                hear();
            if (fds[2].revents != 0)
                feed(text);
            if (fds[0].revents != 0 && (fds[1].revents & POLLIN) == 0)
                return true;
        }
    }
    int wait() const {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    void watch() {
        ended_ = error_ == 0 ? ::pidfd_open(pid_, 0) : -1;
        if (error_ != 0 || ended_ >= 0)
            return;
        error_ = errno;
        ::kill(-pid_, SIGKILL);
        static_cast<void>(wait());
    }
    void hear() {
        std::array<char, 1024> bytes{};
        const auto count = ::read(out_.read, bytes.data(), bytes.size());
        if (count <= 0)
            Pipe::shut(out_.read);
        else if (said_.size() < k_said_max)
            said_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    void feed(std::string_view& text) {
        const auto count = ::write(in_.write, text.data(), text.size());
        if (count > 0)
            text.remove_prefix(static_cast<std::size_t>(count));
        if (text.empty() || (count < 0 && errno != EAGAIN))
            Pipe::shut(in_.write);
    }
    Pipe in_, out_;
    pid_t pid_ = -1;
    int ended_ = -1; // readable once it has ended
    int error_ = 0;
    std::string said_;
};

/// There is no such program, or it may not be run: time does not mend it.
bool for_good(int error) {
    return error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR;
}

Result::Class class_of(int exit) {
    if (exit == 0)
        return Result::Class::sent;
    // sysexits: host unknown for now, cannot fork, I/O, try again; and our own killing.
    return exit == 68 || exit == 71 || exit == 74 || exit == 75 || exit > 128
               ? Result::Class::transient
               : Result::Class::permanent;
}

class CommandSender final : public Sender {
public:
    CommandSender(std::vector<std::string> command, std::chrono::milliseconds timeout)
        : command_(std::move(command)), timeout_(timeout) {}
    std::vector<Result> send(std::span<const Letter> letters) override {
        std::vector<Result> results;
        for (const Letter& letter : letters)
            results.push_back(stop_signal() != 0 ? Result{} : one(letter));
        return results;
    }

private:
    [[nodiscard]] Result one(const Letter& letter) const {
        const auto begin = Clock::now();
        Program program(command_);
        if (program.error() != 0)
            return {for_good(program.error()) ? Result::Class::permanent : Result::Class::transient,
                    program.error(),
                    std::strerror(program.error()),
                    {},
                    0,
                    0};
        const std::string mail = mail_text(letter);
        const bool in_time = program.talk(mail, timeout_);
        const int exit = program.wait();
        Result result;
        result.code = exit;
        result.outcome = class_of(exit);
        result.reply = in_time ? program.said() : "it took too long";
        result.duration_ms = static_cast<int>(
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count());
        return result;
    }
    std::vector<std::string> command_;
    std::chrono::milliseconds timeout_;
};

class Command final : public Channel {
public:
    using Channel::Channel;
    std::vector<std::string> command, to;
    std::string from, domain;
    std::chrono::milliseconds timeout{};

    std::string hint() const override { return "email"; }
    std::vector<std::string> targets() const override { return {join(to, ", ")}; }
    std::string masked(const std::string& target) const override {
        return masked_address(bare_address(target));
    }
    int at_once() const override { return 1; } // one after the other
    Json payload(const Telling& telling, const Texts& texts, const std::string&) const override {
        return mail_payload(mail_parts(telling, texts, from, to, domain));
    }
    std::unique_ptr<Sender> open() const override {
        return std::make_unique<CommandSender>(command, timeout);
    }
};

} // namespace

std::shared_ptr<const Channel> make_command(const std::string& name, config::Reader& reader,
                                            const ChannelContext& context) {
    auto channel = std::make_shared<Command>(name, "command");
    channel->domain = context.mail_domain;
    channel->command = reader.required("command").as_text_list();
    if (channel->command.empty())
        reader.value().fail("command: a list of program and arguments");
    channel->from = reader.required("from").as_text();
    channel->to = reader.required("to").as_text_list();
    channel->timeout = read_timeout(reader);
    return channel;
}

} // namespace harmonia::alert
