// One record through a TransactionMap.
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/expr/json.hpp"
#include "core/money/currency.hpp"
#include "core/money/money.hpp"
#include "importers/map/transaction_map.hpp"

#include <algorithm>

namespace harmonia::importers {

using expr::Type;
using expr::Value;

namespace {

// Places of the context's names behind the fields.
enum : std::size_t { k_raw, k_merchant, k_currency, k_date, k_amount, k_context };

} // namespace

// One record being mapped. Each step returns false once `problem` tells why the record is bad.
class TransactionMap::Run {
public:
    Run(const TransactionMap& map, std::span<Value> row, expr::Arena& arena)
        : map_(map), row_(row), arena_(arena) {}

    Problem problem;

    [[nodiscard]] bool filters(bool late, Verdict& verdict);
    [[nodiscard]] bool network(MappedRecord& out, Verdict& verdict);
    [[nodiscard]] bool money_and_time(MappedRecord& out);
    [[nodiscard]] bool identity(MappedRecord& out, const MapContext& context);
    [[nodiscard]] bool card(MappedRecord& out);
    [[nodiscard]] bool numbers(MappedRecord& out);
    [[nodiscard]] bool extra(MappedRecord& out);
    [[nodiscard]] bool merchants(MappedRecord& out);
    /// The text of an identifier; empty when absent, ignored, or not to be had.
    [[nodiscard]] std::string_view identifier(Output output);

private:
    bool fail(const Entry& entry, const char* code, std::string detail = {}) {
        problem = {code, entry.input, std::move(detail)};
        return false;
    }
    bool evaluate(const Entry& entry, Value& value);
    bool text(const Entry& entry, std::size_t length_max, std::string_view& into);
    bool text(Output output, std::string_view& into);
    bool text(Output output, std::optional<std::string_view>& into);
    bool integer(Output output, std::optional<std::int64_t>& into);
    [[nodiscard]] std::string_view kept(std::string_view identifier) const;
    [[nodiscard]] Value& context(std::size_t place) {
        return row_[row_.size() - k_context + place];
    }

    const TransactionMap& map_;
    std::span<Value> row_;
    expr::Arena& arena_;
};

bool TransactionMap::Run::evaluate(const Entry& entry, Value& value) {
    value = entry.program.eval(row_, arena_);
    if (!value.is_error())
        return true;
    problem = {std::string(value.text), entry.input, std::string(value.detail)};
    return false;
}

bool TransactionMap::Run::text(const Entry& entry, std::size_t length_max, std::string_view& into) {
    Value value;
    if (!evaluate(entry, value))
        return false;
    into = print(value, arena_);
    if (into.size() > length_max)
        return fail(entry, "too_long", "longer than " + std::to_string(length_max) + " bytes");
    if (into.find('\0') != std::string_view::npos)
        return fail(entry, "bad_value", "a NUL character, which cannot be stored");
    return true;
}

bool TransactionMap::Run::text(Output output, std::string_view& into) {
    const auto& entry = map_.entry(output);
    return !entry || text(*entry, kind_of(output).length_max, into);
}

bool TransactionMap::Run::text(Output output, std::optional<std::string_view>& into) {
    std::string_view found;
    if (!text(output, found))
        return false;
    if (!trim(found).empty())
        into = found;
    return true;
}

bool TransactionMap::Run::integer(Output output, std::optional<std::int64_t>& into) {
    const auto& entry = map_.entry(output);
    Value value;
    if (!entry)
        return true;
    if (!evaluate(*entry, value))
        return false;
    if (value.is_null())
        return fail(*entry, "missing_field");
    if (value.type != Type::integer)
        return fail(*entry, "bad_value", "not a whole number");
    into = value.integer;
    return true;
}

bool TransactionMap::Run::filters(bool late, Verdict& verdict) {
    for (const Filter& filter : map_.filters_) {
        Value value;
        if (filter.late != late)
            continue;
        if (!evaluate(filter.entry, value))
            return false;
        if (filter.keeps != value.is_true()) {
            verdict = filter.verdict;
            return true;
        }
    }
    return true;
}

bool TransactionMap::Run::network(MappedRecord& out, Verdict& verdict) {
    const auto& entry = map_.entry(Output::payment_provider);
    if (!entry)
        return true;
    if (!text(*entry, kind_of(Output::payment_provider).length_max, out.payment_provider))
        return false;
    if (entry->literal || !trim(out.payment_provider).empty())
        return true;
    if (map_.unknown_network_ == UnknownNetwork::reject)
        return fail(*entry, "missing_field", "no card network");
    verdict = map_.unknown_network_ == UnknownNetwork::skip_warned ? Verdict::skip_warned
                                                                   : Verdict::skip_silently;
    return true;
}

bool TransactionMap::Run::money_and_time(MappedRecord& out) {
    const Entry& currency = *map_.entry(Output::spend_currency);
    const Entry& date = *map_.entry(Output::transaction_date);
    const Entry& amount = *map_.entry(Output::spend_amount);
    Value value;
    if (!text(Output::spend_currency, out.spend_currency))
        return false;
    if (!money::exponent_of(out.spend_currency))
        return fail(currency, "bad_currency", printable(out.spend_currency, 20));
    context(k_currency) = Value::of_text(out.spend_currency);

    if (!evaluate(date, value))
        return false;
    if (value.type != Type::instant)
        return value.is_null() ? fail(date, "missing_field") : fail(date, "bad_date");
    out.transaction_date_us = value.integer;
    out.has_time = map_.has_time_;
    context(k_date) = value;

    if (!evaluate(amount, value))
        return false;
    if (value.type != Type::integer)
        return value.is_null() ? fail(amount, "missing_field")
                               : fail(amount, "bad_amount", "not minor units");
    if (map_.negative_ && value.integer > 0) {
        const auto negated = money::negate(value.integer);
        value.integer = *negated; // of a positive number: cannot overflow
    }
    out.spend_amount = value.integer;
    context(k_amount) = value;
    return true;
}

bool TransactionMap::Run::identity(MappedRecord& out, const MapContext& record) {
    const Entry& id = *map_.entry(Output::transaction_id);
    const std::size_t length_max = kind_of(Output::transaction_id).length_max;
    Value value;
    if (!evaluate(id, value))
        return false;
    if (value.is_null() && map_.shorthand_.wants_content_hash()) {
        out.content_hashed = true;
        out.transaction_id = arena_.copy(sha256_hex(record.raw));
        return text(Output::settlement_key, out.settlement_key);
    }
    if (value.is_null())
        return fail(id, "missing_field");
    if (value.is_blank())
        return fail(id, "blank_id");
    out.transaction_id = print(value, arena_);
    if (out.transaction_id.size() > length_max)
        return fail(id, "too_long", "longer than " + std::to_string(length_max) + " bytes");
    if (out.transaction_id.find('\0') != std::string_view::npos)
        return fail(id, "bad_value", "a NUL character, which cannot be stored");
    return text(Output::settlement_key, out.settlement_key);
}

bool TransactionMap::Run::card(MappedRecord& out) {
    const auto& token = map_.entry(Output::card_token);
    Value value;
    if (token && !evaluate(*token, value))
        return false;
    if (token && value.is_null() && map_.payment_)
        return fail(*token, "missing_field");
    if (!value.is_null()) {
        std::string_view found;
        if (!text(Output::card_token, found))
            return false;
        out.card_token = found;
    }
    return text(Output::first_six, out.first_six) && text(Output::last_four, out.last_four) &&
           text(Output::auth_code, out.auth_code) && text(Output::approval_code, out.approval_code);
}

bool TransactionMap::Run::numbers(MappedRecord& out) {
    std::optional<std::int64_t> multiplier;
    if (!integer(Output::points_amount, out.points_amount) ||
        !integer(Output::points_multiplier, out.points_multiplier) ||
        !integer(Output::merchant_identifier_id, out.merchant_identifier_id) ||
        !integer(Output::spend_multiplier, multiplier))
        return false;
    out.spend_multiplier = multiplier.value_or(out.spend_multiplier);
    return true;
}

bool TransactionMap::Run::extra(MappedRecord& out) {
    const auto& entry = map_.entry(Output::extra_fields);
    if (!entry)
        return true;
    std::string_view json;
    if (!text(Output::extra_fields, json))
        return false;
    json = trim(json);
    if (json == "null")
        return true;
    if (!json.starts_with('{'))
        return fail(*entry, "bad_value", "not a JSON object");
    out.extra_fields = json;
    return true;
}

std::string_view TransactionMap::Run::kept(std::string_view identifier) const {
    const auto& ignored = map_.ignored_identifiers_;
    const bool drop = trim(identifier).empty() ||
                      std::find(ignored.begin(), ignored.end(), identifier) != ignored.end();
    return drop ? std::string_view() : identifier;
}

std::string_view TransactionMap::Run::identifier(Output output) {
    std::string_view found;
    return text(output, found) ? kept(found) : std::string_view();
}

bool TransactionMap::Run::merchants(MappedRecord& out) {
    std::string_view& primary = out.identifiers.primary;
    std::string_view& secondary = out.identifiers.secondary;
    std::string_view& psimi = out.identifiers.psimi;
    std::optional<std::string_view> location;
    if (!text(Output::primary, primary) || !text(Output::secondary, secondary) ||
        !text(Output::psimi, psimi) || !text(Output::location, location))
        return false;
    for (std::string_view* each : {&primary, &secondary, &psimi})
        *each = kept(*each);
    if (location && !kept(*location).empty())
        out.location = location;
    for (const Entry& mid : map_.mids_) {
        std::string_view found;
        if (!text(mid, kind_of(Output::primary).length_max, found))
            return false;
        if (!kept(found).empty())
            out.mids.push_back(found);
    }
    if (out.merchant_identifier_id || !primary.empty() || !secondary.empty() || !psimi.empty() ||
        out.location || !out.mids.empty())
        return true;
    const auto& first = map_.payment_ ? map_.entry(Output::primary) : map_.entry(Output::location);
    problem = {"missing_field", first ? first->input : map_.mids_.front().input,
               "no merchant identifier"};
    return false;
}

std::span<Value> TransactionMap::row(std::span<const Value> fields, const MapContext& context,
                                     expr::Arena& arena) const {
    const std::size_t size = fields.size() + k_context;
    const std::span<Value> row(reinterpret_cast<Value*>(arena.allocate(size * sizeof(Value))),
                               size);
    for (std::size_t i = 0; i < fields.size(); ++i)
        row[i] = untag_ ? expr::untag(fields[i], arena) : fields[i];
    Value* const names = row.data() + fields.size();
    names[k_raw] = Value::of_text(context.raw);
    names[k_merchant] = Value::of_text(context.merchant);
    names[k_currency] = names[k_date] = names[k_amount] = Value{};
    return row;
}

Expected<Verdict> TransactionMap::map(std::span<const Value> fields, const MapContext& context,
                                      MappedRecord& out, expr::Arena& arena) const {
    Run run(*this, row(fields, context, arena), arena);
    Verdict verdict = Verdict::keep;
    if (!run.filters(false, verdict))
        return tl::unexpected(run.problem);
    if (verdict != Verdict::keep)
        return verdict;
    for (std::size_t i = 0; require_all_ && i < fields.size(); ++i)
        if (fields[i].is_null())
            return bad("missing_field", used()[i]);
    if (!run.network(out, verdict))
        return tl::unexpected(run.problem);
    if (verdict != Verdict::keep)
        return verdict;
    if (!run.money_and_time(out) || !run.identity(out, context) || !run.card(out) ||
        !run.numbers(out) || !run.extra(out) || !run.merchants(out) || !run.filters(true, verdict))
        return tl::unexpected(run.problem);
    return verdict;
}

Identifiers TransactionMap::identify(std::span<const Value> fields, expr::Arena& arena) const {
    Run run(*this, row(fields, {}, arena), arena);
    return {run.identifier(Output::primary), run.identifier(Output::secondary),
            run.identifier(Output::psimi)};
}

} // namespace harmonia::importers
