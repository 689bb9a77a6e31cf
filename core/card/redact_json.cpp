#include "core/card/redact_json.hpp"

#include "core/card/redact.hpp"

#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

namespace harmonia::card {
namespace {

using Json = nlohmann::json;

/// The most digits that a number under this name may have and still not be taken for a card.
std::size_t exempt_digits(std::string_view name) {
    constexpr std::size_t k_millis = 13, k_micros = 16; // digits of a time in this century
    for (const char* ending : {"_id", "ID", "Time", "_ms"})
        if (name.ends_with(ending))
            return k_millis;
    return name.ends_with("_us") ? k_micros : 0;
}

class Redactor {
public:
    explicit Redactor(std::string_view own) : own_(own) {}

    void run(Json& value, std::size_t exempt) const {
        if (value.is_string())
            value = shown(value.get_ref<const std::string&>());
        else if (value.is_number())
            number(value, exempt);
        else if (value.is_array())
            for (auto& item : value)
                run(item, exempt);
        else if (value.is_object())
            object(value);
    }

private:
    [[nodiscard]] std::string shown(const std::string& text) const {
        return own_.empty() ? redact(text) : redact(text, own_);
    }
    void number(Json& value, std::size_t exempt) const {
        const std::string text = value.dump();
        if (text.size() <= exempt && text != own_)
            return;
        if (std::string masked = shown(text); masked != text)
            value = std::move(masked);
    }
    void object(Json& value) const {
        std::vector<std::pair<std::string, std::string>> renamed;
        for (auto& [name, member] : value.items()) {
            run(member, exempt_digits(name));
            if (std::string masked = shown(name); masked != name)
                renamed.emplace_back(name, std::move(masked));
        }
        for (auto& [name, masked] : renamed) {
            Json member = std::move(value[name]);
            value.erase(name);
            value[masked] = std::move(member);
        }
    }
    std::string_view own_;
};

} // namespace

void redact_json(Json& value, std::string_view own) {
    Redactor(own).run(value, 0);
}

} // namespace harmonia::card
