#include "tests/support/broker.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace harmonia::test {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr)
        throw std::runtime_error(std::string(name) +
                                 " is not set: s/services start; eval \"$(s/services env)\"");
    return value;
}

} // namespace

BrokerHost& BrokerHost::instance() {
    static BrokerHost host;
    return host;
}

BrokerHost::BrokerHost()
    : name_(fmt::format("test-{}", ::getpid())),
      management_(variable("HARMONIA_BROKER_MANAGEMENT_URL")) {
    const auto base = variable("HARMONIA_BROKER_URL");
    url_ = base.substr(0, base.rfind('/')) + "/" + name_;
    api("PUT", "/vhosts/%VHOST%");
    api("PUT", "/permissions/%VHOST%/" + broker::parse_url(base).user,
        R"({"configure":".*","write":".*","read":".*"})");
}

BrokerHost::~BrokerHost() {
    try {
        api("DELETE", "/vhosts/%VHOST%");
    } catch (const std::exception&) { // the broker may be gone: nothing to clean then
    }
}

std::string BrokerHost::api(const std::string& method, const std::string& path,
                            const std::string& body) {
    const auto scheme = management_.find("://") + 3;
    const auto at = management_.find('@');
    const auto user = management_.substr(scheme, at - scheme);
    httplib::Client client("http://" + management_.substr(at + 1));
    client.set_basic_auth(user.substr(0, user.find(':')), user.substr(user.find(':') + 1));
    client.set_read_timeout(30);
    auto where = "/api" + path;
    if (const auto mark = where.find("%VHOST%"); mark != std::string::npos)
        where.replace(mark, 7, name_);
    const auto* json = "application/json";
    const auto answer = method == "PUT"      ? client.Put(where, body.empty() ? "{}" : body, json)
                        : method == "DELETE" ? client.Delete(where)
                                             : client.Get(where);
    if (!answer || answer->status >= 300)
        throw std::runtime_error(
            fmt::format("management API: {} {}: {}", method, where,
                        answer ? fmt::format("{} {}", answer->status, answer->body)
                               : to_string(answer.error())));
    return answer->body;
}

int BrokerHost::port() const {
    return broker::parse_url(url_).port;
}

broker::Settings BrokerHost::settings() const {
    broker::Settings settings;
    settings.url = url_;
    settings.connection_name = "harmonia test";
    settings.heartbeat_s = 2;
    settings.connect_wait_ms = 20'000;
    return settings;
}

broker::Settings BrokerHost::settings_through(int port) const {
    auto settings = BrokerHost::settings();
    const auto place = broker::parse_url(url_);
    settings.url =
        fmt::format("amqp://{}:{}@127.0.0.1:{}/{}", place.user, place.password, port, place.vhost);
    return settings;
}

std::string fresh_name(const std::string& stem) {
    static std::atomic<int> next{0};
    return fmt::format("{}-{}", stem, ++next);
}

broker::Message message_to(const std::string& queue, const std::string& body) {
    broker::Message message;
    message.routing_key = queue;
    message.properties.delivery_mode = 2;
    message.body = body;
    return message;
}

TestQueue::TestQueue(const std::string& arguments) : name_(fresh_name("queue")) {
    broker::Topology topology;
    topology.queues.push_back({.name = name_, .durable = true, .arguments = arguments});
    broker::Session(BrokerHost::instance().settings()).declare(topology);
}

TestQueue::~TestQueue() {
    try {
        broker::Session(BrokerHost::instance().settings()).delete_queue(name_);
    } catch (const std::exception&) { // its virtual host goes at the end anyway
    }
}

std::uint64_t TestQueue::count() const {
    return broker::Session(BrokerHost::instance().settings()).ready_count(name_).value();
}

std::vector<broker::Delivery> TestQueue::take_all() const {
    broker::Session session(BrokerHost::instance().settings());
    std::vector<broker::Delivery> out;
    while (auto delivery = session.get(name_))
        out.push_back(std::move(*delivery));
    return out;
}

void TestQueue::put(const std::string& body) const {
    broker::Publisher publisher(BrokerHost::instance().settings());
    publisher.publish(message_to(name_, body), 1);
    while (publisher.outstanding() > 0) {
        const auto outcomes =
            publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(1));
        for (const auto& outcome : outcomes)
            if (outcome.state != broker::Outcome::State::confirmed)
                throw std::runtime_error("not confirmed: " + outcome.reason);
    }
}

} // namespace harmonia::test
