#include "jobs/match/declare.hpp"

#include "core/base/hash.hpp"
#include "core/config/config.hpp"

#include <array>

namespace harmonia::match {

namespace {

constexpr std::array<const char*, 3> k_modes = {"rules", "spotted", "none"};
constexpr int k_window_days_max = 366; // nothing pending is kept longer

bool named(const std::vector<config::Value>& list, std::string_view name) {
    for (const config::Value& item : list)
        if (item.scalar() == name)
            return true;
    return false;
}

void read_base(config::Reader& reader, Declaration& made) {
    const auto list = reader.optional("base");
    if (!list) {
        made.base.push_back(make_base_mid());
        made.base.push_back(make_base_network());
        made.base.push_back(make_base_window());
        return;
    }
    const std::vector<config::Value> names = list->list();
    for (const config::Value& name : names)
        if (PredicatePtr one = make_base_predicate(name))
            made.base.push_back(std::move(one));
    if (!named(names, "amount"))
        list->fail("must name amount",
                   "Rows are only ever compared within one amount and currency.");
    made.windowed = named(names, "window");
    made.look_up = named(names, "mid")                   ? LookUp::mid
                   : named(names, "merchant_identifier") ? LookUp::merchant_identifier
                                                         : LookUp::none;
}

/// `where`, `fallback`, `fallback_when` of one rule.
Rule read_rule(config::Reader& reader, std::string name, const RuleContext& context,
               std::vector<std::string>& warnings) {
    Rule rule;
    rule.name = std::move(name);
    const auto where = reader.optional("where");
    if (where)
        rule.where = make_predicates(*where, context);
    if (const auto list = reader.optional("fallback"))
        rule.fallback = make_predicates(*list, context);
    if (const auto guard = reader.optional("fallback_when")) {
        if (rule.fallback.empty())
            guard->fail("needs a fallback");
        config::Reader inner(*guard);
        const config::Value empty = inner.required("empty");
        inner.finish();
        if (empty.kind() == config::Value::Kind::list)
            for (const config::Value& field : empty.list())
                rule.fallback_when_empty.push_back(payment_field(field));
        else
            rule.fallback_when_empty.push_back(payment_field(empty));
    }
    const config::Value& at = where ? *where : reader.value();
    if (!any_narrows(rule.where) && at.origin().source != "defaults")
        warnings.push_back(at.origin().text() + ": " + at.path() +
                           ": this rule can match without comparing a time or a code");
    return rule;
}

void read_rules(config::Reader& reader, Declaration& made) {
    const RuleContext context{made.day_zone};
    const auto networks = reader.optional("networks");
    if (!networks) {
        made.any = read_rule(reader, "any", context, made.warnings);
        return;
    }
    for (const char* key : {"where", "fallback", "fallback_when"})
        if (const auto value = reader.optional(key))
            value->fail("cannot stand beside networks",
                        "Write it into each network, or leave networks out.");
    for (const auto& [network, value] : networks->map()) {
        config::Reader inner(value);
        made.networks.emplace(network, read_rule(inner, network, context, made.warnings));
        inner.finish();
    }
    if (made.networks.empty())
        networks->fail("must name at least one network");
}

} // namespace

const char* mode_name(Mode mode) {
    return k_modes[static_cast<std::size_t>(mode)];
}

const Rule* Declaration::rule_for(std::string_view network) const {
    if (any)
        return &*any;
    const auto at = networks.find(network);
    return at == networks.end() ? nullptr : &at->second;
}

std::shared_ptr<const Declaration> declare(const config::Value& value, int default_window_days) {
    auto made = std::make_shared<Declaration>();
    config::Reader reader(value);
    const std::string mode = reader.choice("mode", {k_modes.begin(), k_modes.end()}, "rules");
    for (std::size_t i = 0; i < k_modes.size(); ++i)
        if (mode == k_modes[i])
            made->mode = static_cast<Mode>(i);
    made->window_days =
        static_cast<int>(reader.integer("window_days", default_window_days, 1, k_window_days_max));
    if (const auto zone = reader.optional("day_zone")) {
        made->day_zone = time::Zone::find(zone->scalar());
        if (made->day_zone == nullptr)
            zone->fail("unknown time zone '" + zone->scalar() + "'");
    }
    // Rules that are written but switched off by the mode are checked all the same.
    const bool has_rules = reader.has("base") || reader.has("networks") || reader.has("where") ||
                           reader.has("matching_type");
    if (made->mode == Mode::rules || has_rules) {
        made->matching_type =
            reader.choice("matching_type", {"LOYALTY", "NON_LOYALTY", "MIXED"}, "LOYALTY");
        read_base(reader, *made);
        read_rules(reader, *made);
    }
    if (made->mode == Mode::spotted)
        made->matching_type = "SPOTTED";
    reader.finish();
    made->text = config::render(value, false) +
                 "\n# window_days: " + std::to_string(made->window_days) + "\n";
    made->digest = sha256_hex(made->text).substr(0, 16);
    return made;
}

Declarations Declarations::load(const config::Value& root) {
    Declarations all;
    int window_days = 14;
    if (const auto days = config::lookup(root, "match.window_days")) {
        const std::int64_t given = days->as_integer();
        if (given < 1 || given > k_window_days_max)
            days->fail("must be between 1 and " + std::to_string(k_window_days_max));
        window_days = static_cast<int>(given);
    }
    if (const config::Value* matching = root.find("matching"))
        for (const auto& [merchant, value] : matching->map())
            all.by_merchant_[merchant] = declare(value, window_days);
    const auto at = all.by_merchant_.find("default");
    all.default_ =
        at == all.by_merchant_.end()
            ? declare(config::parse("{base: [merchant_identifier, amount, pending]}", "defaults"),
                      window_days)
            : at->second;
    return all;
}

const Declaration& Declarations::of(std::string_view merchant) const {
    const auto at = by_merchant_.find(merchant);
    return at == by_merchant_.end() ? *default_ : *at->second;
}

std::vector<std::string> Declarations::warnings() const {
    std::vector<std::string> found;
    for (const auto& [merchant, one] : by_merchant_)
        found.insert(found.end(), one->warnings.begin(), one->warnings.end());
    return found;
}

} // namespace harmonia::match
