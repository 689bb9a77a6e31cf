// The messages of the 2018 queues: both sides name a merchant identifier by its
// id. Their rule looks at the id and the amount only, so that purchase number n of an identifier
// costs n pennies.
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

constexpr std::uint64_t k_identifiers = 6;

/// Amounts are whole numbers here, not money texts.
constexpr DefectKind k_defects[] = {
    {Defect::bad_date, "bad_date", "transaction_date"},
    {Defect::bad_amount, "bad_value", "spend_amount"},
    {Defect::no_amount, "missing_field", "spend_amount"},
    {Defect::no_id, "missing_field", "transaction_id"},
    {Defect::broken, "bad_json", ""},
    {Defect::not_object, "bad_json", ""},
};

class Queue2018 : public Layout {
public:
    Queue2018(std::string_view feed, std::string_view type, bool scheme)
        : Layout(feed, type, std::nullopt), scheme_(scheme) {}

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        if (defect == Defect::not_object) {
            out += "{}x";
            return;
        }
        std::string text;
        out += '{';
        append_int(text, identifier(p));
        raw_member(out, "merchant_identifier_id", text);
        if (defect != Defect::no_id)
            member(out, "transaction_id", id(p));
        text.clear();
        append_datetime(text, p.time, 'T');
        text += '.';
        append_padded(text, micros(p), 6);
        text += "+00:00";
        member(out, "transaction_date", defect == Defect::bad_date ? "2025-00-00T00:00:00" : text);
        if (defect == Defect::bad_amount) {
            member(out, "spend_amount", "lots");
        } else if (defect != Defect::no_amount) {
            text.clear();
            append_int(text, amount(world, p));
            raw_member(out, "spend_amount", text);
        }
        raw_member(out, "spend_multiplier", "100");
        member(out, "spend_currency", "GBP");
        if (scheme_) {
            text.clear();
            append_int(text, points(p));
            raw_member(out, "points_amount", text);
            raw_member(out, "points_multiplier", "100");
        } else {
            member(out, "card_token", p.token);
        }
        raw_member(out, "extra_fields", "{}");
        out += '}';
        if (defect == Defect::broken)
            break_json(out, start);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        out.provider = name;
        out.payment_provider = k_provider;
        out.feed_type = feed_type;
        out.transaction_id = id(p);
        out.date = p.time;
        out.date_us = static_cast<std::int64_t>(micros(p));
        out.amount = amount(world, p);
        out.currency = "GBP";
        out.merchant_identifier_id = identifier(p);
        if (scheme_)
            out.points = points(p);
        else
            out.card_token = p.token;
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override { return k_defects; }

private:
    static constexpr std::string_view k_provider = "kasisto";

    static std::int64_t identifier(const Purchase& p) {
        return static_cast<std::int64_t>(p.index % k_identifiers) + 1;
    }
    std::int64_t amount(const World&, const Purchase& p) const {
        const bool differs = scheme_ && p.counterpart != Counterpart::matched;
        return static_cast<std::int64_t>(p.index / k_identifiers) * 2 + 100 + (differs ? 1 : 0);
    }
    static std::int64_t points(const Purchase& p) {
        return static_cast<std::int64_t>(scramble(p.index) % 1000 + 1) * 100;
    }
    static std::uint64_t micros(const Purchase& p) { return scramble(p.index) % 999'999 + 1; }
    [[nodiscard]] std::string id(const Purchase& p) const {
        if (scheme_)
            return p.merchant_id;
        std::string text;
        append_uuid(text, scramble(p.index), scramble(p.index ^ stream_of(p.token)));
        return text;
    }

    bool scheme_;
};

} // namespace

std::vector<std::unique_ptr<const Layout>> queue2018_layouts() {
    std::vector<std::unique_ptr<const Layout>> list;
    list.push_back(std::make_unique<Queue2018>("imports-scheme", "MERCHANT", true));
    list.push_back(std::make_unique<Queue2018>("imports-payment", "SETTLED", false));
    return list;
}

} // namespace harmonia::gen
