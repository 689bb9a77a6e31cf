// The YAML forms of a feed's map, turned into the expression language (docs/reference/feeds.md).
#pragma once

#include "core/config/value.hpp"
#include "core/expr/expr.hpp"

#include <map>
#include <string>
#include <vector>

namespace harmonia::importers {

/// Names that every map may use besides the record's fields.
inline constexpr const char* k_name_raw = "@raw";           ///< the record's bytes
inline constexpr const char* k_name_merchant = "@merchant"; ///< slug, by identifiers; or empty
inline constexpr const char* k_name_currency = "@spend_currency";
inline constexpr const char* k_name_date = "@transaction_date";
inline constexpr const char* k_name_amount = "@spend_amount";

/// Builds the nodes of one feed and collects the fields that they use.
class MapShorthand {
public:
    /// `aliases`: names of the declaration → paths of the record (`kv:`). `zone`: the feed's own,
    /// null for UTC.
    MapShorthand(std::map<std::string, std::string> aliases, const config::Value* zone);

    /// A field's name, or a construct. Error(config) placed at the mistake.
    [[nodiscard]] expr::Node build(const config::Value& value);
    /// The value of `transaction_id`: `content_hash` is null there, and wants_content_hash() is
    /// true.
    [[nodiscard]] expr::Node build_id(const config::Value& value);
    /// A text in the expression language.
    [[nodiscard]] expr::Node expression(const config::Value& text);
    /// Keys and values of a JSON object.
    [[nodiscard]] expr::Node json_object(const config::Value& map);
    [[nodiscard]] expr::Node field(const std::string& name);

    [[nodiscard]] bool wants_content_hash() const { return content_hash_; }
    [[nodiscard]] bool zone_by_merchant() const { return zone_by_merchant_; }
    /// Fields that the nodes built so far use, each once, in the order of their first use.
    [[nodiscard]] const std::vector<std::string>& used() const { return used_; }

private:
    class Form;
    [[nodiscard]] expr::Node construct(Form& form);
    [[nodiscard]] expr::Node plain(Form& form);
    [[nodiscard]] expr::Node join(Form& form);
    [[nodiscard]] expr::Node datetime(Form& form, const char* function);
    [[nodiscard]] expr::Node minor_units(Form& form);
    [[nodiscard]] expr::Node cases(Form& form);
    [[nodiscard]] expr::Node network(Form& form);
    [[nodiscard]] expr::Node zone(const config::Value* value);
    [[nodiscard]] std::vector<expr::Node> list(const config::Value& value);
    void resolve(expr::Node& node);

    std::map<std::string, std::string> aliases_;
    const config::Value* zone_;
    std::vector<std::string> used_;
    bool in_id_ = false, content_hash_ = false, zone_by_merchant_ = false;
};

} // namespace harmonia::importers
