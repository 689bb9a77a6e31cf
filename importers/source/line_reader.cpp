// Records that are the non-blank lines of a source.
#include "core/base/text.hpp"
#include "importers/source/window.hpp"

namespace harmonia::importers {
namespace {

class LineReader : public RecordReader {
public:
    LineReader(std::unique_ptr<ByteSource> bytes, std::size_t bytes_max)
        : lines_(std::move(bytes), bytes_max), bytes_max_(bytes_max) {}

    Expected<bool> next(RawRecord& record) override {
        Lines::Line line;
        while (lines_.next(line)) {
            if (trim(line.text).empty()) {
                ++totals_.ignored_lines;
                continue;
            }
            record = {line.text, line.offset, line.next, line.number, ++totals_.records};
            if (line.too_long)
                return record_too_long(bytes_max_);
            return true;
        }
        return false;
    }
    const Totals& totals() const override { return totals_; }

private:
    Lines lines_;
    std::size_t bytes_max_;
    Totals totals_;
};

} // namespace

std::unique_ptr<RecordReader> make_line_reader(std::unique_ptr<ByteSource> bytes,
                                               std::size_t bytes_max) {
    return std::make_unique<LineReader>(std::move(bytes), bytes_max);
}

} // namespace harmonia::importers
