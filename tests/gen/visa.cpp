// Visa's messages: an envelope with a list of key and value pairs in any order.
#include "core/base/hash.hpp"
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

enum class Kind { auth, settled, refund };

constexpr std::array<DefectKind, 6> k_defects[] = {
    json_defects("Transaction.VipTransactionId", "Transaction.TimeStampYYMMDD",
                 "Transaction.TransactionAmount"),
    json_defects("Transaction.VipTransactionId", "Transaction.MerchantDateTimeGMT",
                 "Transaction.SettlementAmount"),
    json_defects("ReturnTransaction.VipTransactionId", "ReturnTransaction.DateTime",
                 "ReturnTransaction.Amount"),
};

constexpr std::int64_t k_refund_after_s = 2 * 86'400;

/// The pairs of one message, as text, so that they can be written from any starting point.
class Pairs {
public:
    Pairs() { text_.reserve(2048); }
    void add(std::string_view prefix, std::string_view key, std::string_view value,
             bool raw = false) {
        starts_[count_++] = text_.size();
        text_ += k_before;
        text_ += prefix;
        text_ += key;
        text_ += raw ? "\", \"Value\": " : "\", \"Value\": \"";
        text_ += value;
        text_ += raw ? "}" : "\"}";
    }
    /// All pairs, beginning with number `first` and going round.
    void write(std::size_t first, std::string& out) const {
        const auto start = starts_[first];
        out.append(text_, start + k_separator, std::string::npos);
        if (start > 0)
            out.append(text_, 0, start);
    }
    [[nodiscard]] std::size_t count() const { return count_; }

private:
    static constexpr std::string_view k_before = ", {\"Key\": \"";
    static constexpr std::size_t k_separator = 2;
    std::string text_;
    std::size_t starts_[40] = {};
    std::size_t count_ = 0;
};

class Visa : public Layout {
public:
    Visa(std::string_view feed, std::string_view type, Kind kind)
        : Layout(feed, type, Network::visa), kind_(kind) {}

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        auto form = form_of(world, *this, p);
        if (defect == Defect::not_object) {
            out += "[\"TRANSACTION\"]";
            return;
        }
        out += '{';
        member(out, "CardId", "card-" + p.last_four);
        member(out, "ExternalUserId", p.token);
        out += ", \"MessageElementsCollection\": [";
        Pairs pairs;
        add_required(world, p, defect, form, pairs);
        if (kind_ != Kind::refund)
            add_unused(world, p, pairs);
        pairs.write(form.below(pairs.count()), out);
        // Of pairs with one key the first one counts.
        if (form.chance(0.01) && defect == Defect::none) {
            out += ", {\"Key\": \"";
            out += prefix();
            out += amount_key();
            out += "\", \"Value\": \"0.01\"}";
        }
        out += "], \"MessageId\": \"";
        const auto high = form.next(), low = form.next(); // in this order with any compiler
        append_uuid(out, high, low);
        out += "\", \"MessageName\": \"";
        out += kind_ == Kind::refund ? "RETURN" : "AUTHSETTLE";
        constexpr std::string_view types[] = {"Auth", "Settle", "RETURN"};
        out += "\", \"UserDefinedFieldsCollection\": [{\"Key\": \"TransactionType\", \"Value\": \"";
        out += types[static_cast<int>(kind_)];
        out += "\"}], \"UserProfileId\": \"profile-";
        out += p.first_six;
        out += "\"}";
        if (defect == Defect::broken)
            break_json(out, start);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        out.provider = out.payment_provider = "visa";
        out.feed_type = feed_type;
        out.transaction_id = p.id;
        out.date = time(p);
        out.amount = kind_ == Kind::refund ? -p.amount : p.amount;
        out.currency = "GBP";
        expect_identified(world, p, false, out);
        if (out.keys_wanted)
            out.settlement_key = sha256_hex("visa." + p.id);
        out.card_token = p.token;
        out.auth_code = p.auth_code;
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override {
        return k_defects[static_cast<int>(kind_)];
    }

private:
    [[nodiscard]] std::string_view prefix() const {
        return kind_ == Kind::refund ? "ReturnTransaction." : "Transaction.";
    }
    [[nodiscard]] std::string_view amount_key() const {
        constexpr std::string_view keys[] = {"TransactionAmount", "SettlementAmount", "Amount"};
        return keys[static_cast<int>(kind_)];
    }
    [[nodiscard]] std::int64_t time(const Purchase& p) const {
        return kind_ == Kind::refund ? p.time + k_refund_after_s : p.time;
    }

    void append_time_text(const Purchase& p, Rng& form, std::string& out) const {
        switch (kind_) {
        case Kind::auth:
            if (form.chance(0.5)) {
                append_datetime(out, p.time + p.london_offset, 'T');
                out += p.london_offset == 0 ? "+00:00" : "+01:00";
            } else {
                append_datetime(out, p.time, 'T');
                out += 'Z';
            }
            break;
        case Kind::settled: // both forms mean GMT
            append_datetime(out, p.time, form.chance(0.5) ? 'T' : ' ');
            break;
        case Kind::refund:
            append_us_datetime(out, time(p));
            break;
        }
    }

    void add_required(const World& world, const Purchase& p, Defect defect, Rng& form,
                      Pairs& pairs) const {
        const bool refund = kind_ == Kind::refund;
        std::string value;
        const auto add = [&](std::string_view key, bool raw = false) {
            pairs.add(prefix(), key, value, raw);
            value.clear();
        };
        if (defect != Defect::no_id) {
            value = p.id;
            add("VipTransactionId");
        }
        append_purchase_mid(world, p, value);
        add(refund ? "CardAcceptorIdCode" : "MerchantCardAcceptorId");
        if (p.unknown_mid) { // the three ways in which Visa says that there is none
            const auto nothing = form.below(3);
            value = nothing == 0 ? "0" : "";
            nothing == 2 ? (value = "null", add("VisaStoreId", true)) : add("VisaStoreId");
            value = "0";
            add("VisaMerchantId", true);
        } else {
            world.append_store_id(value, p.network, p.store);
            add("VisaStoreId");
            world.append_psimi(value, p.network);
            add("VisaMerchantId");
        }
        if (defect != Defect::no_amount) {
            if (refund && form.chance(0.5)) // a refund's sign means nothing
                value += '-';
            const bool number = form.chance(0.1);
            number ? append_short_pounds(value, p.amount) : append_pounds(value, p.amount);
            if (defect == Defect::bad_amount)
                value = "12,3O";
            add(amount_key(), number && defect != Defect::bad_amount);
        }
        append_time_text(p, form, value);
        if (defect == Defect::bad_date)
            value = refund ? "13/32/2025 1:2:3 PM" : "2025-13-32T01:02:03";
        constexpr std::string_view dates[] = {"TimeStampYYMMDD", "MerchantDateTimeGMT", "DateTime"};
        add(dates[static_cast<int>(kind_)]);
        if (!p.auth_code.empty() || form.chance(0.5)) { // absent and "" mean the same
            value = p.auth_code;
            add("AuthCode");
        }
    }

    /// Keys that Visa sends and no one reads.
    void add_unused(const World& world, const Purchase& p, Pairs& pairs) const {
        std::string pounds, zero = kind_ == Kind::auth ? "0" : "", when, value;
        append_pounds(pounds, p.amount);
        append_datetime(when, p.time, 'T');
        const auto& settled = kind_ == Kind::auth ? zero : pounds;
        const auto add = [&](std::string_view key, std::string_view text) {
            pairs.add("Transaction.", key, text);
        };
        if (kind_ == Kind::auth) {
            add("SettlementAmount", "0");
            add("MerchantDateTimeGMT", when);
        } else {
            add("TransactionAmount", pounds);
            add("TimeStampYYMMDD", when);
        }
        add("BillingAmount", pounds);
        add("BillingCurrencyCode", "826");
        add("CurrencyCodeNumeric", "826");
        add("USDAmount", pounds);
        add("SettlementDate", kind_ == Kind::auth ? "" : when);
        add("SettlementCurrencyCodeNumeric", kind_ == Kind::auth ? "" : "826");
        add("SettlementBillingAmount", settled);
        add("SettlementBillingCurrency", kind_ == Kind::auth ? "" : "826");
        add("SettlementUSDAmount", settled);
        add("MerchantLocalPurchaseDate", std::string_view(when).substr(0, 10));
        add("MerchantAcquirerBin", "123456");
        add("VisaMerchantName", "GENERATED MERCHANT");
        world.append_location(value, p.store);
        add("VisaStoreName", value);
        add("MerchantGroup.0.Name", "GENERATED GROUP");
        add("MerchantGroup.0.ExternalId", "GRP-1");
        add("PanLastFour", p.last_four);
    }

    Kind kind_;
};

} // namespace

std::vector<std::unique_ptr<const Layout>> visa_layouts() {
    std::vector<std::unique_ptr<const Layout>> list;
    list.push_back(std::make_unique<Visa>("visa-auth", "AUTH", Kind::auth));
    list.push_back(std::make_unique<Visa>("visa-settled", "SETTLED", Kind::settled));
    list.push_back(std::make_unique<Visa>("visa-refund", "REFUND", Kind::refund));
    return list;
}

} // namespace harmonia::gen
