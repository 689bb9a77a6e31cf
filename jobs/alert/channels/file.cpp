// Lines of JSON appended to a file: `type: file`. The file is opened for each batch, so that it may
// be rotated; a line is one write, and a batch is synced once.
#include "core/json/writer.hpp"
#include "jobs/alert/channels/http.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
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
    [[nodiscard]] int error() const { return error_; } ///< errno of opening the file
    /// Ends a line that a full disk cut short, before the next one begins.
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

Result failed(int error) {
    return {Result::Class::transient, error, std::strerror(error), {}, 0, 0};
}

class FileTransport final : public Transport {
public:
    std::vector<Result> send(std::span<const Delivery> deliveries) override {
        const Handle file(deliveries.front().target);
        if (file.error() != 0)
            return {deliveries.size(), failed(file.error())};
        std::vector<Result> results;
        bool any = false;
        for (const Delivery& delivery : deliveries) {
            Json line = Json::parse(delivery.payload).at("line");
            line["idempotency_key"] = delivery.key;
            const bool written = file.end_line() && file.append(json::dumped(line) + "\n");
            any = any || written;
            results.push_back(written ? Result{Result::Class::sent, 0, "written", {}, 0, 0}
                                      : failed(errno));
        }
        if (any && !file.sync())
            results.assign(deliveries.size(), failed(errno));
        return results;
    }
};

class File final : public Channel {
public:
    using Channel::Channel;
    std::string path;
    std::vector<std::string> targets() const override { return {path}; }
    int at_once() const override { return 100; } // one sync for all
    std::string payload(const Json& data, const Texts&, const std::string&) const override {
        return json::dumped({{"line", Json::parse(event_body(data))}});
    }
    std::unique_ptr<Transport> open() const override { return std::make_unique<FileTransport>(); }
};

} // namespace

std::shared_ptr<const Channel> make_file(const std::string& name, config::Reader& reader,
                                         const ChannelContext&) {
    auto channel = std::make_shared<File>(name, "file");
    channel->path = reader.required("path").as_text();
    if (!channel->path.starts_with('/'))
        reader.value().fail("path must be absolute, because cron and shells start elsewhere");
    return channel;
}

} // namespace harmonia::alert
