// Two merchants' feeds: Iceland's CSV and Costa's messages. Both name the store
// by the payment's own identifier, so that their rows need no location map.
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

/// The till's own clock; its day may be another one than the payment's.
std::int64_t london_offset(const Purchase& p) {
    return london_offset_at_noon(p.merchant_time / 86'400);
}

/// What both have in common.
void expect_merchant(const World& world, const Purchase& p, std::string_view provider,
                     TruthRow& out) {
    out.provider = provider;
    out.feed_type = "MERCHANT";
    out.payment_provider = network_slug(p.merchant_network);
    out.transaction_id = p.merchant_id;
    out.date = p.merchant_time;
    out.amount = p.merchant_amount;
    out.currency = p.merchant_currency;
    world.append_mid(out.mid, p.network, p.store);
    out.first_six = p.first_six;
    out.last_four = p.last_four;
    out.auth_code = p.merchant_code;
}

constexpr DefectKind k_csv_defects[] = {
    {Defect::bad_date, "bad_date", "TransactionTimestamp"},
    {Defect::bad_amount, "bad_amount", "TransactionAmountValue"},
    {Defect::no_amount, "bad_amount", "TransactionAmountValue"},
    {Defect::no_id, "blank_id", "TransactionId"},
    {Defect::short_record, "short_record", "TransactionCashbackValue"},
};

class Iceland : public Layout {
public:
    Iceland() : Layout("iceland-bonus-card", "MERCHANT", std::nullopt) { line_end = "\r\n"; }

    std::uint64_t begin(const World&, std::string& out) const override {
        out +=
            "TransactionCardFirst6,TransactionCardLast4,TransactionCardExpiry,"
            "TransactionCardSchemeId,"
            "TransactionCardScheme,TransactionStore_Id,TransactionTimestamp,TransactionAmountValue,"
            "TransactionAmountUnit,TransactionCashbackValue,TransactionCashbackUnit,TransactionId,"
            "TransactionAuthCode\r\n";
        return 1;
    }

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        row(world, p, defect, card_scheme(world, p), p.merchant_code, p.merchant_id, out);
    }

    bool write_skipped(const World& world, const Purchase& p, std::string& out) const override {
        const bool declined = p.index % 2 == 0;
        row(world, p, Defect::none, declined ? card_scheme(world, p) : "Another Provider",
            declined ? "Decline" : p.merchant_code, p.merchant_id + "-0", out);
        return true;
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        expect_merchant(world, p, "iceland-bonus-card", out);
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override { return k_csv_defects; }

private:
    [[nodiscard]] std::string_view card_scheme(const World& world, const Purchase& p) const {
        constexpr std::string_view visa[] = {"Visa", "Visa Debit", "Electron", "\"Visa CPC\""};
        constexpr std::string_view mastercard[] = {
            "MasterCard/MasterCard One", "Maestro", "EDC/Maestro (INT) / Laser", "MasterCard Debit",
            "\"Mastercard One\"",
        };
        const auto drawn = form_of(world, *this, p).next();
        switch (p.merchant_network) {
        case Network::visa:
            return visa[drawn % std::size(visa)];
        case Network::mastercard:
            return mastercard[drawn % std::size(mastercard)];
        case Network::amex:
            break;
        }
        return "Amex";
    }

    static void row(const World& world, const Purchase& p, Defect defect, std::string_view scheme,
                    std::string_view code, std::string_view id, std::string& out) {
        out += p.first_six;
        out += ',';
        out += p.last_four;
        out += ",11/27,";
        append_int(out, 1 + static_cast<int>(p.merchant_network));
        out += ',';
        out += scheme;
        out += ',';
        world.append_mid(out, p.network, p.store);
        out += ',';
        if (defect == Defect::bad_date)
            out += "2025-10-24 25:61:00";
        else
            append_datetime(out, p.merchant_time + london_offset(p), ' ');
        out += ',';
        if (defect == Defect::bad_amount)
            out += "£12.34";
        else if (defect != Defect::no_amount)
            append_pounds(out, p.merchant_amount);
        out += ',';
        out += p.merchant_currency;
        if (defect == Defect::short_record)
            return;
        out += ",0.00,";
        out += p.merchant_currency;
        out += ',';
        if (defect != Defect::no_id)
            out += id;
        out += ',';
        out += code;
    }
};

constexpr auto k_json_defects = json_defects("transaction_id", "date", "amount");

class Costa : public Layout {
public:
    Costa() : Layout("costa", "MERCHANT", std::nullopt) {}

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        if (defect == Defect::not_object) {
            out += "null";
            return;
        }
        auto form = form_of(world, *this, p);
        std::string text;
        out += '{';
        if (defect != Defect::no_id)
            member(out, "transaction_id", p.merchant_id);
        member(out, "payment_card_type", network_slug(p.merchant_network));
        member(out, "payment_card_first_six", p.first_six);
        member(out, "payment_card_last_four", p.last_four);
        if (defect == Defect::bad_amount) {
            member(out, "amount", "3.50 GBP");
        } else if (defect != Defect::no_amount) {
            const bool number = form.chance(0.5);
            number ? append_short_pounds(text, p.merchant_amount)
                   : append_pounds(text, p.merchant_amount);
            number ? raw_member(out, "amount", text) : member(out, "amount", text);
        }
        member(out, "currency_code", p.merchant_currency);
        member(out, "auth_code", p.merchant_code);
        write_date(p, defect, form.below(3), out);
        text.clear();
        world.append_mid(text, p.network, p.store);
        member(out, "merchant_identifier", text);
        text.clear();
        world.append_location(text, p.store);
        member(out, "retailer_location_id", text);
        raw_member(out, "metadata", metadata(p));
        raw_member(out, "items_ordered", k_items);
        out += '}';
        if (defect == Defect::broken)
            break_json(out, start);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        expect_merchant(world, p, "costa", out);
        out.extra_fields = "{\"metadata\": " + metadata(p) + ", \"items_ordered\": ";
        out.extra_fields += k_items;
        out.extra_fields += '}';
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override { return k_json_defects; }

private:
    /// A text that itself holds JSON, as the retailer sends it.
    static constexpr std::string_view k_items =
        R"("{\"products\":[{\"id\":\"2\",\"productUuid\":\"534084a0\"}]}")";

    static std::string metadata(const Purchase& p) {
        return "{\"till\": \"T" + p.last_four + "\", \"offers\": []}";
    }

    /// With an offset, tagged as the retailer's own encoder does it, or bare (which means UTC).
    static void write_date(const Purchase& p, Defect defect, std::uint64_t form, std::string& out) {
        std::string text;
        if (defect == Defect::bad_date) {
            member(out, "date", "yesterday");
        } else if (form == 0) {
            append_datetime(text, p.merchant_time + london_offset(p), 'T');
            text += london_offset(p) == 0 ? "+00:00" : "+01:00";
            raw_member(out, "date", R"({"__type__": "datetime", "__value__": ")" + text + "\"}");
        } else {
            append_datetime(text, p.merchant_time, 'T');
            text += form == 1 ? "+00:00" : "";
            member(out, "date", text);
        }
    }
};

} // namespace

std::vector<std::unique_ptr<const Layout>> merchant_layouts() {
    std::vector<std::unique_ptr<const Layout>> list;
    list.push_back(std::make_unique<Iceland>());
    list.push_back(std::make_unique<Costa>());
    return list;
}

} // namespace harmonia::gen
