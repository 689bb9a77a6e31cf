#include "importers/source/window.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harmonia::importers {
namespace {

constexpr std::size_t k_window_bytes = std::size_t{256}
                                       << 10; // one read; fits the second-level cache
constexpr std::size_t k_shown_bytes = 400;    // of a record that is too long

} // namespace

Window::Window(std::unique_ptr<ByteSource> source, std::size_t bytes_max)
    : source_(std::move(source)), data_(new char[k_window_bytes]), bytes_max_(bytes_max),
      capacity_(k_window_bytes) {}

bool Window::fill() {
    if (at_end_)
        return false;
    if (begin_ > 0) {
        std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity_) {
        std::unique_ptr<char[]> bigger(new char[capacity_ * 2]);
        std::memcpy(bigger.get(), data_.get(), end_);
        data_ = std::move(bigger);
        capacity_ *= 2;
    }
    const std::size_t got = source_->read(data_.get() + end_, capacity_ - end_);
    end_ += got;
    at_end_ = got == 0;
    return got > 0;
}

void Window::skip_line() {
    do {
        const std::size_t end = view().find('\n');
        consume(end == std::string_view::npos ? view().size() : end + 1);
        if (end != std::string_view::npos)
            return;
    } while (!view().empty() || fill());
}

void Window::skip_mark() {
    while (view().size() < 3 && fill()) {
    }
    if (view().starts_with("\xEF\xBB\xBF"))
        consume(3);
}

bool Lines::next(Line& line) {
    window_.consume(pending_);
    pending_ = 0;
    if (number_ == 0)
        window_.skip_mark();
    std::size_t searched = 0;
    const void* found = nullptr;
    while (true) {
        const std::string_view view = window_.view();
        if (searched < view.size())
            found = std::memchr(view.data() + searched, '\n', view.size() - searched);
        if (found != nullptr || (window_.at_end() && !view.empty()))
            break;
        if (window_.at_end())
            return false;
        if (window_.full())
            return cut_long(line);
        searched = view.size();
        window_.fill();
    }
    const std::string_view view = window_.view();
    const std::size_t size =
        found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - view.data())
                         : view.size();
    line.text = view.substr(0, size);
    if (line.text.ends_with('\r'))
        line.text.remove_suffix(1);
    pending_ = size + (found != nullptr ? 1 : 0);
    line.offset = window_.offset();
    line.next = line.offset + pending_;
    line.number = ++number_;
    line.too_long = false;
    return true;
}

// Keeps the beginning for the report and skips the rest without holding it.
bool Lines::cut_long(Line& line) {
    shown_.assign(window_.view().substr(0, k_shown_bytes));
    line.text = shown_;
    line.offset = window_.offset();
    line.number = ++number_;
    line.too_long = true;
    window_.skip_line();
    line.next = window_.offset();
    return true;
}

std::size_t read_record_limit(config::Reader& format) {
    const auto value = format.optional("record_bytes_max");
    if (!value)
        return k_record_bytes_default;
    const long long bytes = value->as_size_bytes();
    if (bytes < 1024 || bytes > static_cast<long long>(k_record_bytes_most))
        value->fail("must be between 1KiB and 64MiB, got '" + value->as_text() + "'");
    return static_cast<std::size_t>(bytes);
}

tl::unexpected<Problem> record_too_long(std::size_t bytes_max) {
    return bad("record_too_long", {}, fmt::format("longer than {} bytes", bytes_max));
}

std::size_t find_bad_encoding(std::string_view record) {
    std::size_t from = 0;
    while (true) {
        const std::size_t at = find_bad_utf8(record.substr(from));
        if (at == std::string_view::npos)
            return at;
        if (record[from + at] != '\0')
            return from + at;
        from += at + 1;
    }
}

Expected<void> check_encoding(std::string_view record) {
    const std::size_t at = find_bad_encoding(record);
    if (at == std::string_view::npos)
        return {};
    return bad("bad_encoding", {}, fmt::format("byte {} of the record is not UTF-8", at + 1));
}

} // namespace harmonia::importers
