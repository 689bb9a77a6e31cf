#include "core/net/smtp.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/parallel/thread_group.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>

namespace harmonia::net {
namespace {

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// curl sends QUIT when a handle is freed and waits up to two minutes for the reply, whatever the
// handle's limits: shutting the socket down ends that wait.
void shut_down(CURL* easy, int how) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK &&
        socket != CURL_SOCKET_BAD)
        ::shutdown(socket, how);
}

struct FreeEasy {
    void operator()(CURL* easy) const {
        shut_down(easy, SHUT_RD);
        curl_easy_cleanup(easy);
    }
};

/// One mail in progress.
struct Transfer {
    std::string_view rest; ///< of the message, not read yet
    std::string last_reply;
    std::string refusal; ///< the refusal that ended the dialogue; empty: none
    char error[CURL_ERROR_SIZE] = "";

    /// If several recipients are refused, a temporary refusal decides. (curl then sends QUIT.)
    void note_reply(std::string_view line) {
        last_reply = line;
        const char kind = line.front();
        if (kind == '4' || (kind == '5' && !refusal.starts_with('4')))
            refusal = line;
        else if ((kind == '2' || kind == '3') && !line.starts_with("221"))
            refusal.clear();
    }
};

std::size_t on_read(char* into, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t bytes = std::min(size * count, transfer.rest.size());
    std::memcpy(into, transfer.rest.data(), bytes);
    transfer.rest.remove_prefix(bytes);
    return bytes;
}

std::size_t on_reply(char* bytes, std::size_t size, std::size_t count, void* user) {
    constexpr std::size_t k_reply_max = 1024; // a line is 512 (RFC 5321)
    std::string_view line(bytes, size * count);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
        line.remove_suffix(1);
    if (!line.empty())
        static_cast<Transfer*>(user)->note_reply(line.substr(0, k_reply_max));
    return size * count;
}

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
    HARMONIA_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

void login(CURL* easy, const SmtpServer& server) {
    if (server.user.empty())
        return;
    set(easy, CURLOPT_USERNAME, server.user.c_str());
    set(easy, CURLOPT_PASSWORD, server.password.c_str());
    if (!server.mechanism.empty())
        set(easy, CURLOPT_LOGIN_OPTIONS, ("AUTH=" + server.mechanism).c_str());
}

void prepare(CURL* easy, const SmtpServer& server) {
    const bool implicit = server.tls == SmtpServer::Tls::implicit;
    const std::string url =
        (implicit ? "smtps://" : "smtp://") + server.host + ":" + std::to_string(server.port);
    set(easy, CURLOPT_URL, url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(easy, CURLOPT_PROXY, "");
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_USE_SSL,
        static_cast<long>(server.tls == SmtpServer::Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!server.ca_file.empty())
        set(easy, CURLOPT_CAINFO, server.ca_file.c_str());
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(server.connect_timeout.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(server.total_timeout.count()));
    set(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_READFUNCTION, &on_read);
    set(easy, CURLOPT_HEADERFUNCTION, &on_reply);
    login(easy, server);
}

std::unique_ptr<curl_slist, FreeList> recipients(const std::vector<std::string>& to) {
    std::unique_ptr<curl_slist, FreeList> list;
    for (const std::string& address : to) {
        auto* longer = curl_slist_append(list.get(), ("<" + address + ">").c_str());
        if (longer == nullptr)
            throw Error(Exit::failure, "out of memory for a mail");
        static_cast<void>(list.release());
        list.reset(longer);
    }
    return list;
}

} // namespace

struct SmtpClient::State {
    /// A connection: its handle keeps it open between mails.
    struct Lane {
        std::unique_ptr<CURL, FreeEasy> easy;
        std::size_t mails = 0;
    };
    SmtpServer server;
    std::vector<Lane> lanes;

    void send(Lane& lane, const Mail& mail, MailAnswer& answer) const {
        const bool kept = lane.easy != nullptr && lane.mails < server.mails_per_connection;
        // The server may have closed a kept connection: then it has not accepted anything.
        if (attempt(lane, mail, answer) == Reply::none && kept)
            static_cast<void>(attempt(lane, mail, answer));
    }

    enum class Reply { some, none }; ///< none: and not because of a timeout
    Reply attempt(Lane& lane, const Mail& mail, MailAnswer& answer) const {
        if (lane.easy == nullptr || lane.mails >= server.mails_per_connection) {
            lane.easy.reset(curl_easy_init());
            if (lane.easy == nullptr) {
                answer.reply = "out of memory for a mail";
                return Reply::some;
            }
            prepare(lane.easy.get(), server);
            lane.mails = 0;
        }
        ++lane.mails;
        CURL* easy = lane.easy.get();
        Transfer transfer;
        transfer.rest = mail.message;
        const auto to = recipients(mail.to);
        set(easy, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
        set(easy, CURLOPT_MAIL_RCPT, to.get());
        set(easy, CURLOPT_READDATA, &transfer);
        set(easy, CURLOPT_HEADERDATA, &transfer);
        set(easy, CURLOPT_ERRORBUFFER, transfer.error);
        const CURLcode result = curl_easy_perform(easy);
        set(easy, CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
        set(easy, CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
        finish(transfer, easy, result, answer);
        if (result == CURLE_OK)
            return Reply::some;
        shut_down(easy, SHUT_RDWR); // in the middle of a dialogue: cannot be continued
        lane.easy.reset();
        return transfer.last_reply.empty() && result != CURLE_OPERATION_TIMEDOUT ? Reply::none
                                                                                 : Reply::some;
    }

    static void finish(const Transfer& transfer, CURL* easy, CURLcode result, MailAnswer& answer) {
        curl_off_t micros = 0;
        curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &micros);
        answer.duration_ms = static_cast<int>(micros / 1000);
        answer.accepted = result == CURLE_OK;
        answer.login_refused = result == CURLE_LOGIN_DENIED;
        // Replies before a server fell silent do not count as its answer.
        const std::string& said = answer.accepted ? transfer.last_reply : transfer.refusal;
        answer.code = static_cast<int>(parse_int(said.substr(0, 3)).value_or(0));
        if (answer.code > 0)
            answer.reply = said;
        else
            answer.reply = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(result);
    }
};

SmtpClient::SmtpClient(SmtpServer server) : state_(std::make_unique<State>()) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    HARMONIA_CHECK(ready == CURLE_OK && server.connections >= 1);
    state_->server = std::move(server);
    state_->lanes.resize(state_->server.connections);
}

SmtpClient::~SmtpClient() = default;

std::vector<MailAnswer> SmtpClient::send_all(std::span<const Mail> mails) {
    std::vector<MailAnswer> answers(mails.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&](State::Lane& lane) {
        for (std::size_t i = next++; i < mails.size(); i = next++) {
            if (stop_signal() != 0) {
                answers[i].sent = false;
                answers[i].reply = "not sent: the program is stopping";
                continue;
            }
            state_->send(lane, mails[i], answers[i]);
        }
    };
    parallel::ThreadGroup threads;
    const std::size_t lanes = std::min(state_->lanes.size(), mails.size());
    for (std::size_t i = 1; i < lanes; ++i)
        threads.start([&, i] { work(state_->lanes[i]); });
    if (lanes > 0)
        threads.run([&] { work(state_->lanes[0]); });
    threads.join();
    return answers;
}

} // namespace harmonia::net
