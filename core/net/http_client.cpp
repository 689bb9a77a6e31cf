#include "core/net/http_client.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <ctime>

namespace harmonia::net {
namespace {

constexpr int k_poll_ms = 200; // after at most this time a stop is noticed

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

/// One request in progress.
struct Transfer {
    std::unique_ptr<CURL, FreeEasy> easy;
    std::unique_ptr<curl_slist, FreeList> headers;
    HttpAnswer* answer = nullptr;
    std::size_t bytes_max = 0;
    bool too_long = false, cut_when_long = false;
    char error[CURL_ERROR_SIZE] = "";
};

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const auto total = size * count;
    if (transfer.answer->body.size() + total > transfer.bytes_max) {
        transfer.too_long = true;
        transfer.answer->body.append(bytes, transfer.bytes_max - transfer.answer->body.size());
        return 0;
    }
    transfer.answer->body.append(bytes, total);
    return total;
}

void add_header(Transfer& transfer, const std::string& line) {
    auto* longer = curl_slist_append(transfer.headers.get(), line.c_str());
    if (longer == nullptr)
        throw Error(Exit::failure, "out of memory for an HTTP header");
    static_cast<void>(transfer.headers.release());
    transfer.headers.reset(longer);
}

template <typename T>
void set(Transfer& transfer, CURLoption option, T value) {
    HARMONIA_CHECK(curl_easy_setopt(transfer.easy.get(), option, value) == CURLE_OK);
}

void prepare(Transfer& transfer, const HttpRequest& request, const HttpLimits& limits) {
    set(transfer, CURLOPT_URL, request.url.c_str());
    set(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
    set(transfer, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method != "GET" || !request.body.empty()) {
        set(transfer, CURLOPT_POSTFIELDS, request.body.data());
        set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    for (const auto& [name, value] : request.headers)
        add_header(transfer, name + ": " + value);
    add_header(transfer, "Expect:"); // no second round trip before the body
    set(transfer, CURLOPT_HTTPHEADER, transfer.headers.get());
    set(transfer, CURLOPT_USERAGENT, "harmonia");
    set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    set(transfer, CURLOPT_PROXY, "");
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    set(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!limits.ca_file.empty())
        set(transfer, CURLOPT_CAINFO, limits.ca_file.c_str());
    set(transfer, CURLOPT_DNS_CACHE_TIMEOUT, static_cast<long>(limits.dns_cache.count()));
    set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total_timeout.count()));
    set(transfer, CURLOPT_WRITEFUNCTION, &on_body);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
    set(transfer, CURLOPT_ERRORBUFFER, transfer.error);
    set(transfer, CURLOPT_PRIVATE, &transfer);
}

// Its value is a number of seconds or a date.
int retry_after(CURL* easy) {
    constexpr long long k_seconds_max = 86'400; // a longer wait is not meant seriously
    curl_header* header = nullptr;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return 0;
    long long seconds = parse_int(trim(header->value)).value_or(0);
    if (const time_t when = curl_getdate(header->value, nullptr); seconds == 0 && when > 0)
        seconds = static_cast<long long>(when) - static_cast<long long>(std::time(nullptr));
    return static_cast<int>(std::clamp(seconds, 0LL, k_seconds_max));
}

void finish(Transfer& transfer, CURLcode result) {
    auto& answer = *transfer.answer;
    curl_off_t micros = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_TOTAL_TIME_T, &micros);
    answer.duration_ms = static_cast<int>(micros / 1000);
    if (result == CURLE_OK || (transfer.too_long && transfer.cut_when_long)) {
        long status = 0;
        curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
        answer.status = static_cast<int>(status);
        if (status == 0)
            answer.error = "no HTTP response";
        answer.retry_after_s = retry_after(transfer.easy.get());
        return;
    }
    answer.status = 0;
    if (transfer.too_long)
        answer.error = "the response is too long";
    else
        answer.error = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(result);
}

} // namespace

struct HttpClient::State {
    HttpLimits limits;
    std::unique_ptr<CURLM, FreeMulti> multi;
    std::vector<std::unique_ptr<Transfer>> running;

    void begin(const HttpRequest& request, HttpAnswer& answer) {
        auto transfer = std::make_unique<Transfer>();
        transfer->easy.reset(curl_easy_init());
        if (transfer->easy == nullptr)
            throw Error(Exit::failure, "out of memory for an HTTP request");
        transfer->answer = &answer;
        transfer->bytes_max = limits.answer_bytes_max;
        transfer->cut_when_long = limits.cut_long_answers;
        prepare(*transfer, request, limits);
        HARMONIA_CHECK(curl_multi_add_handle(multi.get(), transfer->easy.get()) == CURLM_OK);
        running.push_back(std::move(transfer));
    }

    void reap() {
        int left = 0;
        while (const auto* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE)
                continue;
            Transfer* done = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
            finish(*done, message->data.result);
            drop(done);
        }
    }

    void drop(const Transfer* transfer) {
        curl_multi_remove_handle(multi.get(), transfer->easy.get());
        std::erase_if(running, [&](const auto& entry) { return entry.get() == transfer; });
    }
};

HttpClient::HttpClient(HttpLimits limits) : state_(std::make_unique<State>()) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    HARMONIA_CHECK(ready == CURLE_OK && limits.in_flight >= 1);
    state_->limits = std::move(limits);
    state_->multi.reset(curl_multi_init());
    if (state_->multi == nullptr)
        throw Error(Exit::failure, "out of memory for HTTP");
}

HttpClient::~HttpClient() {
    while (!state_->running.empty())
        state_->drop(state_->running.back().get());
}

std::vector<HttpAnswer> HttpClient::send_all(std::span<const HttpRequest> requests) {
    std::vector<HttpAnswer> answers(requests.size());
    std::size_t next = 0;
    for (;;) {
        while (next < requests.size() && state_->running.size() < state_->limits.in_flight &&
               stop_signal() == 0) {
            state_->begin(requests[next], answers[next]);
            ++next;
        }
        if (state_->running.empty())
            break;
        int active = 0;
        curl_multi_perform(state_->multi.get(), &active);
        state_->reap();
        if (!state_->running.empty())
            curl_multi_poll(state_->multi.get(), nullptr, 0, k_poll_ms, nullptr);
    }
    for (; next < requests.size(); ++next) {
        answers[next].sent = false;
        answers[next].error = "not sent: the program is stopping";
    }
    return answers;
}

} // namespace harmonia::net
