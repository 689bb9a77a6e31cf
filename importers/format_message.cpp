// One message body a line, whole: whoever takes it in reads it by its protocol.
#include "importers/formats.hpp"
#include "importers/window.hpp"

namespace harmonia::importers {
namespace {

struct WholeSplitter final : Splitter {
    Expected<void> split(std::string_view, std::span<expr::Value>, expr::Arena&) override {
        return {};
    }
};

class MessageFormat final : public Format {
public:
    const std::vector<std::string>& fields() const override { return none_; }
    std::unique_ptr<Cutter> cut(std::unique_ptr<ByteSource> bytes) const override {
        return make_line_cutter(std::move(bytes), k_record_bytes_default);
    }
    std::unique_ptr<Splitter> splitter(std::string_view) const override {
        return std::make_unique<WholeSplitter>();
    }

private:
    std::vector<std::string> none_;
};

} // namespace

std::shared_ptr<const Format> make_message() {
    return std::make_shared<MessageFormat>();
}

} // namespace harmonia::importers
