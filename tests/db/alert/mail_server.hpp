// smtp_server.py: a mail server of Debian's packages (aiosmtpd) that behaves as told, and a
// certificate for it.
#pragma once

#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace harmonia::test {

/// Half a minute at most until `done`.
inline void wait_until(const std::function<bool()>& done, const std::string& what) {
    constexpr int k_polls_max = 600;
    for (int polls = 0; !done(); ++polls) {
        if (polls > k_polls_max)
            throw std::runtime_error("waited in vain: " + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

/// Of `localhost` and 127.0.0.1, signed by itself.
class Certificate {
public:
    Certificate() {
        const auto made =
            run({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                  "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key(), "-out",
                  file()},
                 {},
                 "",
                 0});
        if (made.exit != 0)
            throw std::runtime_error("no certificate: " + made.err);
    }
    [[nodiscard]] std::string file() const { return directory_.path() + "/cert.pem"; }
    [[nodiscard]] std::string key() const { return directory_.path() + "/key.pem"; }

private:
    TempDir directory_;
};

class MailServer {
public:
    explicit MailServer(const std::vector<std::string>& words) : running_(launch(words)) {
        wait_until([this] { return slurp(port_file()).find('\n') != std::string::npos; },
                   "the mail server does not start: python3-aiosmtpd?");
    }
    [[nodiscard]] int port() const { return std::stoi(slurp(port_file())); }
    [[nodiscard]] std::string channel(const std::string& more = "") const {
        return mail_channel(port(), ", tls: none" + more);
    }
    [[nodiscard]] static std::string mail_channel(int port, const std::string& more) {
        return "  channels: {mail: {host: 127.0.0.1, port: " + std::to_string(port) +
               ", from: alerts@example.com, to: [ops@example.com]" + more + "}}\n";
    }
    [[nodiscard]] std::vector<nlohmann::json> mails() const {
        std::vector<nlohmann::json> out;
        const std::string text = slurp(directory_.path() + "/mails");
        std::istringstream lines(text.substr(0, text.rfind('\n') + 1)); // whole ones
        for (std::string line; std::getline(lines, line);)
            out.push_back(nlohmann::json::parse(line));
        return out;
    }

private:
    [[nodiscard]] std::string port_file() const { return directory_.path() + "/port"; }
    [[nodiscard]] Launch launch(const std::vector<std::string>& words) const {
        static_cast<void>(directory_.write("port", ""));
        static_cast<void>(directory_.write("mails", ""));
        std::vector<std::string> command{"/usr/bin/python3",
                                         (source_root() / "tests/db/alert/smtp_server.py").string(),
                                         port_file(), directory_.path() + "/mails"};
        command.insert(command.end(), words.begin(), words.end());
        return {command, {}, "", 0};
    }
    TempDir directory_;
    Running running_;
};

/// `Name: value`, or nothing.
inline std::string header(const nlohmann::json& mail, const std::string& name) {
    const std::string text = mail.at("mail");
    const auto at = text.find(name + ": ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

} // namespace harmonia::test
