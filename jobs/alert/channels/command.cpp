// A mail program that reads the whole mail from its standard input (sendmail, msmtp):
// `type: command`.
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/alert/channels/http.hpp"
#include "jobs/alert/channels/mail.hpp"

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

extern "C" { // the header of glibc 2.36 lacks this
#include <sys/pidfd.h>
}

extern char** environ;

namespace harmonia::alert {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_output_max = 1024; // bytes kept of what it prints

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

/// A running program, in a process group of its own: its input is written and its output read until
/// it ends or times out. Processes that it leaves behind are left alone, even if they hold its
/// output open.
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
        sigset_t usual; // ignored here; a mail program starts with the default
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
    [[nodiscard]] const std::string& output() const { return output_; }

    /// False: it timed out and was killed with all that it started.
    bool run(std::string_view text, std::chrono::milliseconds timeout) {
        const auto until = Clock::now() + timeout;
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
                read_output();
            if (fds[2].revents != 0)
                write_input(text);
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
    void read_output() {
        std::array<char, 1024> bytes{};
        const auto count = ::read(out_.read, bytes.data(), bytes.size());
        if (count <= 0)
            Pipe::shut(out_.read);
        else if (output_.size() < k_output_max)
            output_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    void write_input(std::string_view& text) {
        const auto count = ::write(in_.write, text.data(), text.size());
        if (count > 0)
            text.remove_prefix(static_cast<std::size_t>(count));
        if (text.empty() || (count < 0 && errno != EAGAIN))
            Pipe::shut(in_.write);
    }
    Pipe in_, out_;
    pid_t pid_ = -1;
    int ended_ = -1; // pidfd, readable once the process has ended
    int error_ = 0;
    std::string output_;
};

/// The program does not exist or may not be run: time does not cure that.
bool is_permanent(int error) {
    return error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR;
}

Result::Class class_of(int exit) {
    if (exit == 0)
        return Result::Class::sent;
    // sysexits.h: host unknown, cannot fork, I/O error, try again; and killed after the timeout.
    return exit == 68 || exit == 71 || exit == 74 || exit == 75 || exit > 128
               ? Result::Class::transient
               : Result::Class::permanent;
}

class CommandTransport final : public Transport {
public:
    CommandTransport(std::vector<std::string> command, std::chrono::milliseconds timeout)
        : command_(std::move(command)), timeout_(timeout) {}
    std::vector<Result> send(std::span<const Delivery> deliveries) override {
        std::vector<Result> results;
        for (const Delivery& delivery : deliveries)
            results.push_back(stop_signal() != 0 ? Result{} : send_one(delivery));
        return results;
    }

private:
    [[nodiscard]] Result send_one(const Delivery& delivery) const {
        const auto begin = Clock::now();
        Program program(command_);
        if (program.error() != 0)
            return {is_permanent(program.error()) ? Result::Class::permanent
                                                  : Result::Class::transient,
                    program.error(),
                    std::strerror(program.error()),
                    {},
                    0,
                    0};
        const std::string mail = mail_text(delivery);
        const bool in_time = program.run(mail, timeout_);
        const int exit = program.wait();
        Result result;
        result.code = exit;
        result.outcome = class_of(exit);
        result.reply = in_time ? program.output() : "timed out";
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
    int at_once() const override { return 1; } // one after another
    std::string payload(const Json& data, const Texts& texts, const std::string&) const override {
        return mail_payload(mail_parts(data, texts, from, to, domain));
    }
    std::unique_ptr<Transport> open() const override {
        return std::make_unique<CommandTransport>(command, timeout);
    }
};

} // namespace

std::shared_ptr<const Channel> make_command(const std::string& name, config::Reader& reader,
                                            const ChannelContext& context) {
    auto channel = std::make_shared<Command>(name, "command");
    channel->domain = context.mail_domain;
    channel->command = reader.required("command").as_text_list();
    if (channel->command.empty())
        reader.value().fail("command must be a list of a program and its arguments");
    channel->from = reader.required("from").as_text();
    channel->to = reader.required("to").as_text_list();
    channel->timeout = read_timeout(reader);
    return channel;
}

} // namespace harmonia::alert
