#include "importers/json/json_array.hpp"

#include "core/base/error.hpp"
#include "importers/json/json_paths.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::importers {
namespace {

constexpr int k_end = -1;
constexpr std::size_t k_key_bytes_max = 512; // of a member name on the way to the array
constexpr std::size_t k_shown_bytes = 400;   // of an item that is too long

class JsonArrayReader : public RecordReader {
public:
    JsonArrayReader(std::unique_ptr<ByteSource> bytes, const std::vector<std::string>& path,
                    std::size_t bytes_max)
        : window_(std::move(bytes), bytes_max), path_(path), bytes_max_(bytes_max) {}

    Expected<bool> next(RawRecord& record) override {
        step(pending_);
        pending_ = 0;
        if (place_ == Place::start)
            enter_array();
        if (place_ == Place::behind)
            return false;
        const bool first = place_ == Place::first_item;
        place_ = Place::items;
        if (next_byte() == ']') {
            step(1);
            leave_array();
            return false;
        }
        if (!first)
            expect(',');
        if (next_byte() == ']')
            broken("expected an item");
        return cut_item(record);
    }
    const Totals& totals() const override { return totals_; }

private:
    enum class Place { start, first_item, items, behind };

    int byte_at(std::size_t index);
    int next_byte();
    void step(std::size_t bytes);
    void expect(char wanted);
    [[noreturn]] void broken(const char* what) const;
    std::string read_key();
    void enter_array();
    void leave_array();
    bool find_member(const std::string& name, bool first);
    void skip_value();
    bool measure(std::size_t& size);
    Expected<bool> cut_item(RawRecord& record);

    Window window_;
    const std::vector<std::string>& path_;
    std::size_t bytes_max_;
    Totals totals_;
    std::string shown_;
    Place place_ = Place::start;
    std::uint64_t line_ = 1;
    std::size_t pending_ = 0;
};

/// Follows the brackets and strings of one value, byte by byte.
class Brackets {
public:
    enum class State { inside, last_byte, behind, mismatch, too_deep };
    State feed(char c) {
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"') {
                in_string_ = false;
                return depth_ == 0 ? State::last_byte : State::inside;
            }
            return State::inside;
        }
        if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            if (depth_ == k_depth_max)
                return State::too_deep;
            objects_ = objects_ << 1U | (c == '{' ? 1U : 0U);
            ++depth_;
        } else if (c == '}' || c == ']') {
            if (depth_ == 0)
                return State::behind;
            if ((objects_ & 1U) != (c == '}' ? 1U : 0U))
                return State::mismatch;
            objects_ >>= 1U;
            --depth_;
            return depth_ == 0 ? State::last_byte : State::inside;
        } else if (depth_ == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) {
            return State::behind;
        }
        return State::inside;
    }

private:
    // As deep as a record may be, and a bit of `objects_` for each level.
    static constexpr int k_depth_max = 64;
    static_assert(k_depth_max == k_record_rules.depth_max);
    std::uint64_t objects_ = 0; ///< one bit a level: 1 object, 0 array
    int depth_ = 0;
    bool in_string_ = false, escaped_ = false;
};

void JsonArrayReader::broken(const char* what) const {
    throw Error(Exit::data,
                fmt::format("not a JSON document with the declared array: {} in line {} "
                            "(byte {})",
                            what, line_, window_.offset() + 1));
}

int JsonArrayReader::byte_at(std::size_t index) {
    while (index >= window_.view().size())
        if (window_.full() || !window_.fill())
            return k_end;
    return static_cast<unsigned char>(window_.view()[index]);
}

void JsonArrayReader::step(std::size_t bytes) {
    const auto passed = window_.view().substr(0, bytes);
    line_ += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
    window_.consume(bytes);
}

int JsonArrayReader::next_byte() {
    while (true) {
        const int c = byte_at(0);
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return c;
        step(1);
    }
}

void JsonArrayReader::expect(char wanted) {
    if (next_byte() != wanted)
        broken(next_byte() == k_end ? "the document is truncated" : "unexpected character");
    step(1);
}

std::string JsonArrayReader::read_key() {
    if (next_byte() != '"')
        broken(next_byte() == k_end ? "the document is truncated" : "expected a member name");
    std::size_t end = 1;
    for (int c = byte_at(end); c != '"'; c = byte_at(++end)) {
        if (c == k_end)
            broken("the document is truncated");
        if (end > k_key_bytes_max)
            broken("a member name is too long");
        if (c == '\\' && byte_at(++end) == k_end)
            broken("the document is truncated");
    }
    json::Document name;
    if (!name.read(window_.view().substr(0, end + 1), k_record_rules))
        broken("malformed string");
    std::string key;
    json::append_unescaped(key, name.root());
    step(end + 1);
    expect(':');
    return key;
}

// Inside an object: goes to the named member's value, or behind the closing brace.
bool JsonArrayReader::find_member(const std::string& name, bool first) {
    for (;; first = false) {
        if (next_byte() == '}') {
            step(1);
            return false;
        }
        if (!first)
            expect(',');
        if (read_key() == name)
            return true;
        skip_value();
    }
}

void JsonArrayReader::enter_array() {
    window_.skip_mark();
    for (const std::string& name : path_) {
        expect('{');
        if (!find_member(name, true))
            broken("no array at its path");
    }
    expect('[');
    place_ = Place::first_item;
}

void JsonArrayReader::leave_array() {
    place_ = Place::behind;
    for (std::size_t level = path_.size(); level > 0; --level)
        if (find_member(path_[level - 1], false))
            broken("the path to the array occurs twice");
    if (next_byte() != k_end)
        broken("trailing data after the document");
}

// A value's end, reading on as needed; false when it is longer than a record may be.
bool JsonArrayReader::measure(std::size_t& size) {
    Brackets brackets;
    for (size = 0;; ++size) {
        if (size == window_.view().size() && (window_.full() || byte_at(size) == k_end)) {
            if (window_.full())
                return false;
            broken("the document is truncated");
        }
        switch (brackets.feed(window_.view()[size])) {
        case Brackets::State::inside:
            break;
        case Brackets::State::last_byte:
            ++size;
            return true;
        case Brackets::State::behind:
            if (size == 0)
                broken("expected a value");
            return true;
        case Brackets::State::mismatch:
            broken("mismatched brackets");
        case Brackets::State::too_deep:
            broken("nested too deep");
        }
    }
}

// A value of any size, without holding it.
void JsonArrayReader::skip_value() {
    if (next_byte() == k_end)
        broken("the document is truncated");
    Brackets brackets;
    for (bool first = true;; first = false) {
        const int c = byte_at(0);
        if (c == k_end)
            broken("the document is truncated");
        const Brackets::State state = brackets.feed(static_cast<char>(c));
        if (state == Brackets::State::mismatch || state == Brackets::State::too_deep)
            broken("mismatched brackets, or nested too deep");
        if (state == Brackets::State::behind) {
            if (first)
                broken("expected a value");
            return;
        }
        step(1);
        if (state == Brackets::State::last_byte)
            return;
    }
}

Expected<bool> JsonArrayReader::cut_item(RawRecord& record) {
    std::size_t size = 0;
    record = {{}, window_.offset(), 0, line_, ++totals_.records};
    if (!measure(size)) {
        shown_.assign(window_.view().substr(0, k_shown_bytes));
        skip_value();
        record.bytes = shown_;
        record.next = window_.offset();
        return record_too_long(bytes_max_);
    }
    record.bytes = window_.view().substr(0, size);
    record.next = window_.offset() + size;
    pending_ = size;
    return true;
}

} // namespace

std::unique_ptr<RecordReader> make_json_array_reader(std::unique_ptr<ByteSource> bytes,
                                                     const std::vector<std::string>& path,
                                                     std::size_t bytes_max) {
    return std::make_unique<JsonArrayReader>(std::move(bytes), path, bytes_max);
}

} // namespace harmonia::importers
