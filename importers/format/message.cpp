// Whole message bodies, one per line: the sink reads them by its protocol.
#include "importers/format/card_fields.hpp"
#include "importers/format/formats.hpp"
#include "importers/source/window.hpp"

namespace harmonia::importers {
namespace {

struct WholeParser final : FieldParser {
    Expected<void> parse(std::string_view, std::span<expr::Value>, expr::Arena&) override {
        return {};
    }
};

class CardParser final : public FieldParser {
public:
    Expected<void> parse(std::string_view record, std::span<expr::Value> fields,
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
    // In our own alerts `card` is a label: digits of a hash.
    const CardFields own_{{"pan", "card_number"}};
    const CardFields foreign_{{"pan", "card_number", "card"}};
};

template <typename Split>
class MessageFormat final : public Format {
public:
    explicit MessageFormat(std::vector<std::string> fields) : fields_(std::move(fields)) {}
    const std::vector<std::string>& fields() const override { return fields_; }
    std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> bytes) const override {
        return make_line_reader(std::move(bytes), k_record_bytes_default);
    }
    std::unique_ptr<FieldParser> parser(std::string_view) const override {
        return std::make_unique<Split>();
    }

private:
    std::vector<std::string> fields_;
};

} // namespace

std::shared_ptr<const Format> make_message() {
    return std::make_shared<MessageFormat<WholeParser>>(std::vector<std::string>{});
}

std::shared_ptr<const Format> make_card_message() {
    return std::make_shared<MessageFormat<CardParser>>(std::vector<std::string>{"body"});
}

} // namespace harmonia::importers
