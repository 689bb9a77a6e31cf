#include "core/broker/content.hpp"

#include "core/broker/table.hpp"

#include <amqp_framing.h>

#include <algorithm>

namespace harmonia::broker {

void ContentReader::begin() {
    properties = {};
    headers = "{}";
    body.clear();
    oversized = false;
    missing_ = 0;
    expecting_ = true;
}

bool ContentReader::feed(const amqp_frame_t& frame) {
    if (!expecting_)
        return false;
    if (frame.frame_type == AMQP_FRAME_HEADER) {
        const auto& wire =
            *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
        properties = properties_from_wire(wire);
        if ((wire._flags & AMQP_BASIC_HEADERS_FLAG) != 0)
            headers = table_to_json(wire.headers);
        missing_ = frame.payload.properties.body_size;
        oversized = missing_ > body_bytes_max_;
        body.reserve(std::min<std::size_t>(missing_, body_bytes_max_));
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
        const auto& part = frame.payload.body_fragment;
        const auto room = body_bytes_max_ - body.size();
        body.append(static_cast<const char*>(part.bytes), std::min(part.len, room));
        missing_ -= std::min<std::uint64_t>(missing_, part.len);
    }
    expecting_ = missing_ > 0;
    return !expecting_;
}

} // namespace harmonia::broker
