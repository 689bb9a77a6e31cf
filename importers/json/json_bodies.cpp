#include "importers/json/json_bodies.hpp"

#include "importers/source/window.hpp"

#include <algorithm>

namespace harmonia::importers {
namespace {

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

class BodyReader final : public RecordReader {
public:
    BodyReader(std::unique_ptr<ByteSource> bytes, std::size_t bytes_max)
        : window_(std::move(bytes), bytes_max), bytes_max_(bytes_max) {}

    Expected<bool> next(RawRecord& record) override {
        consume(pending_);
        pending_ = 0;
        if (!started_)
            window_.skip_mark();
        started_ = true;
        if (!find_begin())
            return false;
        record = {{}, window_.offset(), 0, line_, ++totals_.records};
        Scan scan;
        for (scan_on(scan); !scan.ended; scan_on(scan)) {
            if (window_.full())
                return too_long(record);
            if (!window_.fill())
                break; // the last one, truncated
        }
        pending_ = scan.at;
        record.bytes = window_.view().substr(0, scan.at);
        while (!record.bytes.empty() && blank(record.bytes.back()))
            record.bytes.remove_suffix(1);
        record.next = window_.offset() + pending_;
        return true;
    }
    const Totals& totals() const override { return totals_; }

private:
    struct Scan {
        std::size_t at = 0;
        int depth = 0;
        bool in_string = false, escaped = false, ended = false;
    };

    /// Skips what stands between bodies; false at the end.
    bool find_begin() {
        while (true) {
            const std::string_view view = window_.view();
            std::size_t at = 0;
            for (; at < view.size(); ++at) {
                const char c = view[at];
                if (!in_array_ && c == '[')
                    in_array_ = true;
                else if (in_array_ && c == ']')
                    in_array_ = false;
                else if (!blank(c) && !(in_array_ && c == ','))
                    break;
            }
            const bool found = at < view.size();
            consume(at);
            if (found)
                return true;
            if (!window_.fill())
                return false;
        }
    }
    /// Goes on to the end of the body, or of the bytes at hand.
    void scan_on(Scan& scan) const {
        const std::string_view view = window_.view();
        for (; scan.at < view.size() && !scan.ended; ++scan.at) {
            const char c = view[scan.at];
            if (c == '\n') {
                scan.in_string = scan.escaped = false; // no JSON string crosses the end of a line
                scan.ended = scan.depth == 0;
            } else if (scan.escaped) {
                scan.escaped = false;
            } else if (scan.in_string) {
                scan.escaped = c == '\\';
                scan.in_string = c != '"';
            } else if (c == '"') {
                scan.in_string = true;
            } else if (scan.at > 0 && view[scan.at - 1] == '\n' && c == '{') {
                scan.ended = true; // the one before it is broken
                break;
            } else if (c == '{' || c == '[') {
                ++scan.depth;
            } else if (scan.depth == 0 && in_array_ && (c == ',' || c == ']')) {
                scan.ended = true;
                break;
            } else if ((c == '}' || c == ']') && scan.depth > 0) {
                scan.ended = --scan.depth == 0;
            }
        }
    }
    Expected<bool> too_long(RawRecord& record) {
        constexpr std::size_t k_shown = 4096;
        shown_.assign(window_.view().substr(0, k_shown));
        window_.skip_line();
        ++line_;
        record.bytes = shown_;
        record.next = window_.offset();
        return record_too_long(bytes_max_);
    }
    void consume(std::size_t bytes) {
        const std::string_view gone = window_.view().substr(0, bytes);
        line_ += static_cast<std::uint64_t>(std::count(gone.begin(), gone.end(), '\n'));
        window_.consume(bytes);
    }

    Window window_;
    std::size_t bytes_max_, pending_ = 0; ///< of the body handed out, consumed at the next call
    std::uint64_t line_ = 1;
    bool started_ = false, in_array_ = false;
    std::string shown_;
    Totals totals_;
};

} // namespace

std::unique_ptr<RecordReader> make_json_body_reader(std::unique_ptr<ByteSource> bytes,
                                                    std::size_t bytes_max) {
    return std::make_unique<BodyReader>(std::move(bytes), bytes_max);
}

} // namespace harmonia::importers
