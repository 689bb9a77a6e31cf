#include "tests/support/http_server.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <chrono>

namespace harmonia::test {

struct HttpServer::Impl {
    httplib::Server server;
    std::thread thread;
    mutable std::mutex mutex;
    std::condition_variable stopping;
    bool stopped = false;
    std::deque<HttpAnswer> next;
    HttpAnswer always;
    std::vector<HttpRequest> requests;
    int now = 0, most = 0;

    void handle(const httplib::Request& request, httplib::Response& response) {
        HttpAnswer answer;
        {
            std::unique_lock lock(mutex);
            HttpRequest seen{request.method, request.path, request.body, {}};
            for (const auto& [name, value] : request.headers)
                seen.headers[to_lower(name)] = value;
            requests.push_back(std::move(seen));
            answer = always;
            if (!next.empty()) {
                answer = next.front();
                next.pop_front();
            }
            most = std::max(most, ++now);
            if (answer.hang_ms > 0)
                stopping.wait_for(lock, std::chrono::milliseconds(answer.hang_ms),
                                  [this] { return stopped; });
        }
        response.status = answer.status;
        for (const auto& [name, value] : answer.headers)
            response.set_header(name, value);
        if (answer.cut) {
            response.set_content_provider(
                answer.body.size() + 1000, "application/json",
                [body = answer.body](std::size_t, std::size_t, httplib::DataSink& sink) {
                    sink.write(body.data(), body.size());
                    return false;
                });
        } else {
            response.set_content(answer.body, "application/json");
        }
        const std::lock_guard lock(mutex);
        --now;
    }
};

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {
    const auto handler = [impl = impl_.get()](const httplib::Request& request,
                                              httplib::Response& response) {
        impl->handle(request, response);
    };
    impl_->server.new_task_queue = [] { return new httplib::ThreadPool(16); };
    impl_->server.Get(".*", handler);
    impl_->server.Post(".*", handler);
    impl_->server.Put(".*", handler);
    port_ = impl_->server.bind_to_any_port("127.0.0.1");
    impl_->thread = std::thread([impl = impl_.get()] { impl->server.listen_after_bind(); });
    while (!impl_->server.is_running()) // a stop before it runs would be forgotten
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

HttpServer::~HttpServer() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopped = true;
        impl_->stopping.notify_all();
    }
    impl_->server.stop();
    impl_->thread.join();
}

std::string HttpServer::url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

void HttpServer::answer_next(HttpAnswer answer) {
    const std::lock_guard lock(impl_->mutex);
    impl_->next.push_back(std::move(answer));
}

void HttpServer::answer_always(HttpAnswer answer) {
    const std::lock_guard lock(impl_->mutex);
    impl_->always = std::move(answer);
}

std::vector<HttpRequest> HttpServer::requests() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->requests;
}

int HttpServer::most_at_once() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->most;
}

} // namespace harmonia::test
