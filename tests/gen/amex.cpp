// Amex's messages.
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

constexpr std::int64_t k_mst_offset_s = -7 * 3600; ///< fixed, without daylight saving

constexpr auto k_auth_defects =
    json_defects("transaction_id", "transaction_time", "transaction_amount");
constexpr auto k_settled_defects =
    json_defects("transactionId", "transactionDate", "transactionAmount");

class Amex : public Layout {
public:
    Amex(std::string_view feed, std::string_view type, bool settled)
        : Layout(feed, type, Network::amex), settled_(settled) {}

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        if (defect == Defect::not_object) {
            out += "\"transaction\"";
            return;
        }
        auto form = form_of(world, *this, p);
        std::string text;
        out += '{';
        if (defect != Defect::no_id)
            member(out, settled_ ? "transactionId" : "transaction_id", p.id);
        member(out, settled_ ? "offerId" : "offer_id", "1001");
        append_datetime(text, p.time + (settled_ ? p.london_offset : k_mst_offset_s), ' ');
        member(out, settled_ ? "transactionDate" : "transaction_time",
               defect == Defect::bad_date ? "2025-02-30 12:00:00" : text);
        if (defect == Defect::bad_amount) {
            member(out, amount_name(), "1.2.3");
        } else if (defect != Defect::no_amount) {
            text.clear();
            append_pounds(text, p.amount);
            member(out, amount_name(), text);
        }
        member(out, settled_ ? "cardToken" : "cm_alias", p.token);
        text.clear();
        append_purchase_mid(world, p, text);
        member(out, settled_ ? "merchantNumber" : "merchant_number", text);
        const auto approval = approval_of(p);
        if (!approval.empty())
            member(out, settled_ ? "approvalCode" : "approval_code", approval);
        if (settled_)
            write_settled_only(p, form, out);
        else
            member(out, "transaction_currency", "UKL");
        out += '}';
        if (defect == Defect::broken)
            break_json(out, start);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        out.provider = out.payment_provider = "amex";
        out.feed_type = feed_type;
        out.transaction_id = p.id;
        out.settlement_key = p.id;
        out.date = p.time;
        out.amount = p.amount;
        out.currency = "GBP";
        expect_identified(world, p, true, out);
        out.card_token = p.token;
        out.approval_code = approval_of(p);
        if (settled_ && has_card(p)) {
            out.first_six = p.first_six;
            out.last_four = p.last_four;
        }
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override {
        return settled_ ? k_settled_defects : k_auth_defects;
    }

private:
    [[nodiscard]] std::string_view amount_name() const {
        return settled_ ? "transactionAmount" : "transaction_amount";
    }
    /// A tenth comes without an approval code, another without card digits.
    static std::string approval_of(const Purchase& p) {
        const auto number = scramble(p.index);
        std::string code;
        if (number % 10 != 0)
            append_padded(code, number / 10 % 1'000'000, 6);
        return code;
    }
    static bool has_card(const Purchase& p) { return scramble(p.index) % 10 != 1; }

    static void write_settled_only(const Purchase& p, Rng& form, std::string& out) {
        member(out, "dpan", has_card(p) ? p.first_six + "XXXXX" + p.last_four : "");
        member(out, "partnerId", "AADP0050");
        std::string text;
        const auto high = form.next(), low = form.next(); // in this order with any compiler
        append_hex(text, high, low);
        member(out, "recordId", text);
        member(out, "currencyCode", "840");
    }

    bool settled_;
};

} // namespace

std::vector<std::unique_ptr<const Layout>> amex_layouts() {
    std::vector<std::unique_ptr<const Layout>> list;
    list.push_back(std::make_unique<Amex>("amex-auth", "AUTH", false));
    list.push_back(std::make_unique<Amex>("amex-settled", "SETTLED", true));
    return list;
}

} // namespace harmonia::gen
