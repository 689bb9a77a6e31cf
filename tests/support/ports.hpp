// Ports on loopback for servers that a test starts.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/raw_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace harmonia::test {

/// A port that was free a moment ago.
inline int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// Somebody accepts connections there.
inline bool listens(int port) {
    try {
        const RawClient client(port);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

/// Waits half a minute at most for somebody to listen there, or for nobody to.
inline void wait_until_listening(int port, bool wanted = true) {
    for (int i = 0; i < 600 && listens(port) != wanted; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    REQUIRE(listens(port) == wanted);
}

} // namespace harmonia::test
