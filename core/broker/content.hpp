// Puts a message together from its header and body frames. Inside core/broker only.
#pragma once

#include "core/broker/message.hpp"

#include <amqp.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace harmonia::broker {

class ContentReader {
public:
    explicit ContentReader(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}
    void begin(); ///< a method that announces content was read
    void reset() { expecting_ = false; }
    [[nodiscard]] bool expecting() const { return expecting_; }
    /// A header or body frame; true when the content is complete.
    bool feed(const amqp_frame_t& frame);

    Properties properties;
    std::string headers, body;
    bool oversized = false;

private:
    std::size_t body_bytes_max_;
    std::uint64_t missing_ = 0;
    bool expecting_ = false;
};

} // namespace harmonia::broker
