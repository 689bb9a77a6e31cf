#include "jobs/alert/exact_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace harmonia::alert {
namespace {

using Json = nlohmann::json;

/// Called by the parser, value by value. Returning false ends it.
class Builder final : public Json::json_sax_t {
public:
    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t, const string_t& written) override { return put(written); }
    bool string(string_t& value) override { return clean(value) && put(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool key(string_t& name) override {
        key_ = std::move(name);
        return clean(key_);
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    // What the parser says quotes the text, which may hold a card number: only the place is told.
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        problem_ = fmt::format("no JSON from byte {}", position);
        return false;
    }

    Json root;
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    Json* place(Json value) {
        if (open_.empty())
            return &(root = std::move(value));
        Json& around = *open_.back();
        if (around.is_object())
            return &(around[key_] = std::move(value));
        around.push_back(std::move(value));
        return &around.back();
    }
    bool put(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json empty) {
        if (open_.size() == k_depth_max) {
            problem_ = fmt::format("more than {} levels", k_depth_max);
            return false;
        }
        open_.push_back(place(std::move(empty)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    bool clean(const std::string& text) {
        if (text.find('\0') == std::string::npos)
            return true;
        problem_ = "a text holds a NUL character";
        return false;
    }

    std::vector<Json*> open_; // each in the one before it, which does not grow meanwhile
    std::string key_, problem_;
};

} // namespace

Expected<Json> exact_json(std::string_view text) {
    Builder builder;
    if (!Json::sax_parse(text.begin(), text.end(), &builder))
        return bad("bad_json", {}, builder.problem());
    return std::move(builder.root);
}

} // namespace harmonia::alert
