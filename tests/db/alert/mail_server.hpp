// smtp_server.py: a mail server (aiosmtpd, from Debian's packages) that misbehaves on request, and
// a certificate for it.
#pragma once

#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"
#include "tests/support/wait.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>

namespace harmonia::test {

/// For `localhost` and 127.0.0.1, self-signed.
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
        wait_until([this] { return file_text(port_file()).find('\n') != std::string::npos; },
                   "the mail server does not start: python3-aiosmtpd?");
    }
    [[nodiscard]] int port() const { return std::stoi(file_text(port_file())); }
    [[nodiscard]] std::string channel(const std::string& more = "") const {
        return mail_channel(port(), ", tls: none" + more);
    }
    [[nodiscard]] static std::string mail_channel(int port, const std::string& more) {
        return "  channels: {mail: {host: 127.0.0.1, port: " + std::to_string(port) +
               ", from: alerts@example.com, to: [ops@example.com]" + more + "}}\n";
    }
    [[nodiscard]] std::vector<nlohmann::json> mails() const {
        std::vector<nlohmann::json> out;
        const std::string text = file_text(directory_.path() + "/mails");
        std::istringstream lines(text.substr(0, text.rfind('\n') + 1)); // complete ones
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

/// `Name: value`; empty if there is none.
inline std::string header(const nlohmann::json& mail, const std::string& name) {
    const std::string text = mail.at("mail");
    const auto at = text.find(name + ": ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

} // namespace harmonia::test
