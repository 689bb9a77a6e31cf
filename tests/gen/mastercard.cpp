// Mastercard's TGX2 files and authorisation messages.
#include "core/base/hash.hpp"
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

constexpr std::int64_t k_refund_after_s = 2 * 86'400;
constexpr std::size_t k_detail_length = 770, k_edge_length = 850;

std::string settlement_key(const Purchase& p, const std::string& mid, std::int64_t local) {
    std::string text = "mastercard." + p.id + '.';
    append_date(text, local);
    text += '.';
    text += mid;
    text += '.';
    text += p.token;
    return sha256_hex(text);
}

constexpr DefectKind k_tgx2_defects[] = {
    {Defect::bad_date, "bad_date", "transaction_date"},
    {Defect::bad_amount, "bad_amount", "amount"},
    {Defect::no_amount, "bad_amount", "amount"},
    {Defect::short_record, "short_record", "id"},
};

class Tgx2 : public Layout {
public:
    Tgx2(std::string_view feed, std::string_view type, bool refund)
        : Layout(feed, type, Network::mastercard), refund_(refund) {}

    std::uint64_t begin(const World& world, std::string& out) const override {
        edge(world, 'H', out);
        return 1;
    }
    void end(const World& world, std::string& out, std::uint64_t) const override {
        edge(world, 'T', out);
    }

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        out.append(k_detail_length, ' ');
        out[start] = 'D';
        const auto put = [&](std::size_t offset, std::string_view text) {
            out.replace(start + offset, text.size(), text);
        };
        std::string text;
        put(21, p.token);
        append_date(text, local(p), '\0');
        put(102, defect == Defect::bad_date ? "20251399" : text);
        text.clear();
        append_purchase_mid(world, p, text);
        put(451, text);
        if (!p.unknown_mid) {
            text.clear();
            world.append_store_id(text, p.network, p.store);
            put(500, text);
            text.clear();
            world.append_psimi(text, p.network);
            put(512, text);
        }
        if (defect != Defect::no_amount) {
            text.clear();
            append_amount(world, p, text);
            put(518, defect == Defect::bad_amount ? "0000O0012E45" : text);
        }
        text.clear();
        append_time(text, local(p), '\0');
        put(563, std::string_view(text).substr(0, 4));
        put(567, p.auth_code);
        put(761, p.id);
        if (defect == Defect::short_record)
            out.resize(start + 600);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        out.provider = out.payment_provider = "mastercard";
        out.feed_type = feed_type;
        out.transaction_id = p.id + '_';
        append_date(out.transaction_id, local(p), '\0');
        out.date = time(p) / 60 * 60;
        out.amount = refund_ ? -p.amount : p.amount;
        out.currency = "GBP";
        expect_identified(world, p, false, out);
        if (out.keys_wanted)
            out.settlement_key = settlement_key(p, out.mid, local(p));
        out.card_token = p.token;
        out.auth_code = p.auth_code;
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override { return k_tgx2_defects; }

private:
    [[nodiscard]] std::int64_t time(const Purchase& p) const {
        return refund_ ? p.time + k_refund_after_s : p.time;
    }
    [[nodiscard]] std::int64_t local(const Purchase& p) const {
        const auto utc = time(p);
        return utc + london_offset_at_noon(utc / 86'400);
    }
    /// Twelve characters: zero- or blank-padded; a refund's sign comes or not.
    void append_amount(const World& world, const Purchase& p, std::string& out) const {
        auto form = form_of(world, *this, p);
        if (refund_ && form.chance(0.5)) {
            out += '-';
            append_padded(out, static_cast<std::uint64_t>(p.amount), 11);
        } else if (form.chance(0.9)) {
            append_padded(out, static_cast<std::uint64_t>(p.amount), 12);
        } else {
            append_int(out, p.amount);
        }
    }
    static void edge(const World& world, char type, std::string& out) {
        const auto start = out.size();
        const auto when =
            (world.settings().first_day + world.settings().days) * 86'400 + 13 * 3600 + 307;
        out += type;
        append_date(out, when, '\0');
        append_time(out, when, '\0');
        out.resize(start + k_edge_length, ' ');
        out += '\n';
    }

    bool refund_;
};

constexpr DefectKind k_auth_defects[] = {
    {Defect::bad_date, "bad_date", "time"},         {Defect::bad_amount, "bad_amount", "amount"},
    {Defect::no_amount, "missing_field", "amount"}, {Defect::broken, "bad_json", ""},
    {Defect::not_object, "bad_json", ""},
};

class MastercardAuth : public Layout {
public:
    MastercardAuth() : Layout("mastercard-auth", "AUTH", Network::mastercard) {}

    void write(const World& world, const Purchase& p, Defect defect,
               std::string& out) const override {
        const auto start = out.size();
        if (defect == Defect::not_object) {
            out += "17";
            return;
        }
        auto form = form_of(world, *this, p);
        std::string text;
        out += '{';
        member(out, "third_party_id", p.id);
        const bool zoned = form.chance(0.3);
        append_datetime(text, local(p), zoned ? 'T' : ' ');
        if (zoned)
            text += p.london_offset == 0 ? "+00:00" : "+01:00";
        member(out, "time", defect == Defect::bad_date ? "24.10.2025 12:00" : text);
        if (defect == Defect::bad_amount) {
            member(out, "amount", "twelve");
        } else if (defect != Defect::no_amount) {
            text.clear();
            const bool number = form.chance(0.5);
            number ? append_short_pounds(text, p.amount) : append_pounds(text, p.amount);
            number ? raw_member(out, "amount", text) : member(out, "amount", text);
        }
        member(out, "currency_code", "GBP");
        member(out, "payment_card_token", p.token);
        text.clear();
        append_purchase_mid(world, p, text);
        member(out, "mid", text);
        out += '}';
        if (defect == Defect::broken)
            break_json(out, start);
    }

    void expect(const World& world, const Purchase& p, TruthRow& out) const override {
        out.provider = out.payment_provider = "mastercard";
        out.feed_type = feed_type;
        out.transaction_id = p.id + '_';
        append_date(out.transaction_id, local(p), '\0');
        out.date = p.time;
        out.amount = p.amount;
        out.currency = "GBP";
        expect_identified(world, p, true, out);
        if (out.keys_wanted)
            out.settlement_key = settlement_key(p, out.mid, local(p));
        out.card_token = p.token;
    }

    [[nodiscard]] std::span<const DefectKind> defects() const override { return k_auth_defects; }

private:
    static std::int64_t local(const Purchase& p) { return p.time + p.london_offset; }
};

} // namespace

std::vector<std::unique_ptr<const Layout>> mastercard_layouts() {
    std::vector<std::unique_ptr<const Layout>> list;
    list.push_back(std::make_unique<MastercardAuth>());
    list.push_back(std::make_unique<Tgx2>("mastercard-settled", "SETTLED", false));
    list.push_back(std::make_unique<Tgx2>("mastercard-refund", "REFUND", true));
    return list;
}

} // namespace harmonia::gen
