// One message body a line, whole: whoever takes it in reads it by its protocol.
#include "importers/alert_feed.hpp"
#include "importers/card_fields.hpp"
#include "importers/formats.hpp"
#include "importers/window.hpp"

namespace harmonia::importers {
namespace {

struct WholeSplitter final : Splitter {
    Expected<void> split(std::string_view, std::span<expr::Value>, expr::Arena&) override {
        return {};
    }
};

class CardSplitter final : public Splitter {
public:
    Expected<void> split(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena&) override {
        fields[0] = expr::Value::of_text(record);
        return {};
    }
    Storable storable(std::string_view record, expr::Arena& arena) override {
        const bool ours = record.find("\"labels\"") != std::string_view::npos &&
                          record.find("\"Transaction\"") == std::string_view::npos;
        return storable_json(record, ours ? own_ : foreign_, arena);
    }

private:
    // In an alert of ours `card` is a label: digits of a hash.
    const CardFields own_{{"pan", "card_number"}};
    const CardFields foreign_{{"pan", "card_number", "card"}};
};

template <typename Split>
class MessageFormat final : public Format {
public:
    explicit MessageFormat(std::vector<std::string> fields) : fields_(std::move(fields)) {}
    const std::vector<std::string>& fields() const override { return fields_; }
    std::unique_ptr<Cutter> cut(std::unique_ptr<ByteSource> bytes) const override {
        return make_line_cutter(std::move(bytes), k_record_bytes_default);
    }
    std::unique_ptr<Splitter> splitter(std::string_view) const override {
        return std::make_unique<Split>();
    }

private:
    std::vector<std::string> fields_;
};

} // namespace

std::shared_ptr<const Format> make_message() {
    return std::make_shared<MessageFormat<WholeSplitter>>(std::vector<std::string>{});
}

std::shared_ptr<const Format> make_card_message() {
    return std::make_shared<MessageFormat<CardSplitter>>(std::vector<std::string>{"body"});
}

} // namespace harmonia::importers
