// Lines of JSON at the end of a file: `type: file`. The file is opened for each batch, so that it
// may be rotated; a line is one append, a batch is synced once.
#include "core/base/json_text.hpp"
#include "jobs/alert/channel_http.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace harmonia::alert {
namespace {

class Handle {
public:
    explicit Handle(const std::string& path)
        : fd_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640)),
          error_(fd_ >= 0 ? 0 : errno) {}
    ~Handle() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    [[nodiscard]] int error() const { return error_; } ///< of opening it
    /// A line that a full disk cut short is ended before the next begins.
    [[nodiscard]] bool end_line() const {
        struct stat state {};
        char last = '\n';
        if (::fstat(fd_, &state) != 0)
            return false;
        if (state.st_size == 0 || ::pread(fd_, &last, 1, state.st_size - 1) != 1 || last == '\n')
            return true;
        return ::write(fd_, "\n", 1) == 1;
    }
    [[nodiscard]] bool append(const std::string& line) const {
        const auto written = ::write(fd_, line.data(), line.size());
        if (written >= 0 && static_cast<std::size_t>(written) < line.size())
            errno = ENOSPC;
        return written == static_cast<ssize_t>(line.size());
    }
    [[nodiscard]] bool sync() const { return ::fsync(fd_) == 0; }

private:
    int fd_, error_;
};

Result failed(int why) {
    return {Result::Class::transient, why, std::strerror(why), {}, 0, 0};
}

class FileSender final : public Sender {
public:
    std::vector<Result> send(std::span<const Letter> letters) override {
        const Handle file(letters.front().target);
        if (file.error() != 0)
            return {letters.size(), failed(file.error())};
        std::vector<Result> results;
        bool any = false;
        for (const Letter& letter : letters) {
            Json line = letter.payload.at("line");
            line["idempotency_key"] = letter.key;
            const bool written = file.end_line() && file.append(dumped(line) + "\n");
            any = any || written;
            results.push_back(written ? Result{Result::Class::sent, 0, "written", {}, 0, 0}
                                      : failed(errno));
        }
        if (any && !file.sync())
            results.assign(letters.size(), failed(errno));
        return results;
    }
};

class File final : public Channel {
public:
    using Channel::Channel;
    std::string path;
    std::vector<std::string> targets() const override { return {path}; }
    int at_once() const override { return 100; } // a sync each
    Json payload(const Telling& telling, const Texts&, const std::string&) const override {
        return {{"line", Json::parse(event_body(telling))}};
    }
    std::unique_ptr<Sender> open() const override { return std::make_unique<FileSender>(); }
};

} // namespace

std::shared_ptr<const Channel> make_file(const std::string& name, config::Reader& reader,
                                         const ChannelContext&) {
    auto channel = std::make_shared<File>(name, "file");
    channel->path = reader.required("path").as_text();
    if (!channel->path.starts_with('/'))
        reader.value().fail("path: an absolute path, because cron and shells start elsewhere");
    return channel;
}

} // namespace harmonia::alert
