// The facts that a run can see, as columns in memory: rows to be judged and rows that only feed
// windows. Appended in any order, then finish(): the rows lie sorted by (event time, source,
// external id, feed type), so that nothing depends on the order in which they came.
#pragma once

#include "core/base/packed.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// What a rule can ask of a row. The names in rules are field_name()'s: the columns of
/// screening.fact, but `card` (card_id, aliases taken as one), `amount` (amount_minor in the rule
/// set's base currency), `event_time` (event_us) and `bin6` (first six digits of the card).
enum class Field : std::uint8_t {
    card,
    customer,
    merchant,
    terminal,
    ip,
    device,
    email_hash,
    mcc,
    card_country,
    ip_country,
    merchant_country,
    ship_country,
    kind,
    method,
    method_type,
    channel,
    currency,
    source,
    feed_type,
    bin6,
    amount,
    event_time,
    lat,
    lon,
    merchant_lat,
    merchant_lon,
    count_ ///< how many there are
};
inline constexpr std::size_t k_fields = static_cast<std::size_t>(Field::count_);
inline constexpr std::size_t k_text_fields = static_cast<std::size_t>(Field::amount);
[[nodiscard]] const char* field_name(Field field);
[[nodiscard]] std::optional<Field> field_named(std::string_view name);

enum class Outcome : std::uint8_t { none, approved, review, declined };
[[nodiscard]] const char* outcome_name(Outcome outcome);

/// One row of screening.fact. An empty text is a missing value, as NULL is. Texts are copied.
struct Fact {
    std::int64_t payment_id = 0; ///< told back with the verdict; decides nothing
    std::string_view source, feed_type, external_id;
    std::int64_t event_us = 0;
    bool received_time = false;    ///< event_time_src is 'received'
    std::int64_t amount_minor = 0; ///< without sign, in `currency`
    std::string_view currency, kind, method, method_type, channel;
    std::int64_t card_id = 0; ///< 0: no card; else tell its Card before finish()
    std::string_view customer, merchant, terminal, ip, device, email_hash, mcc;
    std::string_view card_country, ip_country, merchant_country, ship_country;
    std::optional<std::int32_t> lat, lon, merchant_lat, merchant_lon; ///< 1e-6 degrees
    /// Of the newest live verdict that was committed before the run's cut, for `verdicts:`.
    Outcome verdict = Outcome::none;
    bool judge = false; ///< whether this row is to be judged
};

/// The columns of a Fact that are texts, but the card's.
struct TextColumn {
    Field field;
    std::string_view Fact::*text;
};
inline constexpr TextColumn k_text_columns[] = {
    {Field::customer, &Fact::customer},
    {Field::merchant, &Fact::merchant},
    {Field::terminal, &Fact::terminal},
    {Field::ip, &Fact::ip},
    {Field::device, &Fact::device},
    {Field::email_hash, &Fact::email_hash},
    {Field::mcc, &Fact::mcc},
    {Field::card_country, &Fact::card_country},
    {Field::ip_country, &Fact::ip_country},
    {Field::merchant_country, &Fact::merchant_country},
    {Field::ship_country, &Fact::ship_country},
    {Field::kind, &Fact::kind},
    {Field::method, &Fact::method},
    {Field::method_type, &Fact::method_type},
    {Field::channel, &Fact::channel},
    {Field::currency, &Fact::currency},
    {Field::source, &Fact::source},
    {Field::feed_type, &Fact::feed_type},
};
/// Those that are positions.
struct PositionColumn {
    Field field;
    std::optional<std::int32_t> Fact::*position;
};
inline constexpr PositionColumn k_position_columns[] = {
    {Field::lat, &Fact::lat},
    {Field::lon, &Fact::lon},
    {Field::merchant_lat, &Fact::merchant_lat},
    {Field::merchant_lon, &Fact::merchant_lon},
};

/// screening.card_ref with its alias.
struct Card {
    std::int64_t id = 0;
    std::string hash; ///< lower-case hex of pan_hmac: what card lists and suppressions hold
    std::string first_n, last4;
    int pan_len = 0;          ///< 0 unknown
    std::int64_t same_as = 0; ///< screening.card_alias; 0: none
};

/// A currency's rate into the rule set's base currency: amount_base = amount × coefficient /
/// 10^scale.
struct ExchangeRate {
    std::int32_t day = 0; ///< days since 1970-01-01
    std::string from_currency;
    std::int64_t coefficient = 0;
    int scale = 0;
};

/// screening.label: what was learnt of a payment, and when.
struct Label {
    std::int64_t payment_id = 0;
    bool fraud = false;
    std::int64_t known_us = 0;
};

/// Texts as dense numbers from 1; 0 is "missing".
class Dictionary {
public:
    Dictionary() { texts_.push_back({}); }
    [[nodiscard]] std::uint32_t code(std::string_view text);       ///< adds it when new
    [[nodiscard]] std::uint32_t find(std::string_view text) const; ///< 0 when unknown
    [[nodiscard]] std::string_view text(std::uint32_t code) const { return texts_[code]; }
    /// One more than the greatest code.
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
    [[nodiscard]] std::uint64_t bytes() const { return texts_.bytes() + slots_.size() * 4; }

private:
    void grow();
    PackedTexts texts_;                ///< by code
    std::vector<std::uint32_t> slots_; ///< open addressing; 0 empty
    std::uint32_t last_ = 0;           ///< code told last: many columns rarely change
};

/// The most digits that bin() can tell.
inline constexpr unsigned k_bin_max = 8;

/// Bits by Field.
using Fields = std::uint32_t;
[[nodiscard]] constexpr Fields bit(Field field) {
    return Fields{1} << static_cast<unsigned>(field);
}

class History {
public:
    /// `kept`: what the rule set reads (Ruleset::fields()); other columns of a Fact are not stored.
    History(Fields kept, std::string base_currency);

    void append(const Fact& fact);
    /// After the last append(): sorts. Told nothing, finish() does it; memory is least when what is
    /// added below comes after it. Error(internal) for a row that is there twice.
    void end_rows();
    /// Every card_id that was appended, once.
    [[nodiscard]] std::vector<std::int64_t> card_ids() const;
    void add_card(const Card& card);
    void add_rate(const ExchangeRate& rate);
    void add_label(const Label& label);
    /// Links cards and labels, converts amounts. Error(internal) for a card_id that was not told.
    void finish();

    /// After finish(), and before anything else looks at the dictionaries: the code here of a text
    /// that another history has, which is learnt when it is new.
    [[nodiscard]] std::uint32_t adopt(Field field, const History& other, std::uint32_t code);

    // From here on after finish(); rows are numbered 0 … size() - 1 in the order above.
    [[nodiscard]] std::size_t size() const { return event_us_.size(); }
    [[nodiscard]] std::span<const std::uint32_t> judged() const { return judged_; }
    [[nodiscard]] std::int64_t payment_id(std::size_t row) const { return payment_id_[row]; }
    [[nodiscard]] std::int64_t event_us(std::size_t row) const { return event_us_[row]; }
    [[nodiscard]] bool received_time(std::size_t row) const { return (flags_[row] & 1U) != 0; }
    [[nodiscard]] Outcome verdict(std::size_t row) const {
        return static_cast<Outcome>((flags_[row] >> 2U) & 3U);
    }
    /// In minor units of the base currency; negative: missing (no rate). See missing_rates().
    [[nodiscard]] std::int64_t amount(std::size_t row) const {
        return amount_.empty() ? given_[row] : amount_[row];
    }
    [[nodiscard]] std::int64_t amount_as_given(std::size_t row) const { return given_[row]; }
    /// Code of a text field in its dictionary; 0 missing (also for a column that is not kept).
    [[nodiscard]] std::uint32_t code(Field field, std::size_t row) const {
        const auto& column = codes_[static_cast<std::size_t>(field)];
        return column.empty() ? 0 : static_cast<std::uint32_t>(column[row]);
    }
    [[nodiscard]] const Dictionary& dictionary(Field field) const;
    [[nodiscard]] std::string_view text(Field field, std::size_t row) const;
    /// `first_n******last4`, or empty.
    [[nodiscard]] std::string masked_card(std::size_t row) const;
    /// Every hash of a card code: its own and those of its aliases.
    [[nodiscard]] std::vector<std::string_view> card_hashes(std::uint32_t code) const;
    /// First n digits of the card; 0 when fewer are stored. A code of dictionary(bin6).
    [[nodiscard]] std::uint32_t bin(std::size_t row, unsigned n) const;
    [[nodiscard]] std::optional<std::int32_t> position(Field field, std::size_t row) const;
    /// Of a row that is to be judged; the others' are not kept.
    [[nodiscard]] std::string_view external_id(std::size_t row) const;
    [[nodiscard]] std::uint64_t missing_rates() const { return missing_rates_; } ///< W-FX
    [[nodiscard]] std::uint64_t bytes() const; ///< of memory, about

    /// Periods in which a row counted as fraud by what was known then: [from, until).
    struct FraudPeriod {
        std::uint32_t row;
        std::int64_t from_us, until_us;
    };
    /// Of all rows, by row; labels known after `asof_us` are left out.
    [[nodiscard]] std::vector<FraudPeriod> fraud_periods(std::int64_t asof_us) const;
    /// The label of a row as known at `asof_us`: true fraud, false genuine, empty none.
    [[nodiscard]] std::optional<bool> label(std::size_t row, std::int64_t asof_us) const;

private:
    struct KnownLabel {
        std::uint32_t row;
        std::int64_t known_us;
        bool fraud;
    };
    [[nodiscard]] bool kept(Field field) const { return (kept_ & bit(field)) != 0; }
    struct ToldCard {
        std::int64_t id, same_as;
        std::uint32_t code; ///< of its own hash
    };
    struct Appended {
        std::int64_t event_us;
        std::uint32_t row; ///< number in which it was appended
    };
    [[nodiscard]] std::uint32_t card_code(std::string_view hash, std::string_view masked_number,
                                          std::string_view first_n);
    [[nodiscard]] std::uint32_t adopt_card(const History& other, std::uint32_t code);
    [[nodiscard]] std::uint32_t bin_of(std::uint32_t card, unsigned n) const;
    /// The bytes of `id`, valid as long as it.
    [[nodiscard]] static std::string_view card_key(const std::int64_t& id);
    [[nodiscard]] std::vector<Appended> sorted() const;
    void reorder(const std::vector<Appended>& order);
    void code_cards();
    void convert_amounts();
    void link_labels();

    Fields kept_;
    std::string base_currency_;
    Packed payment_id_, event_us_, given_;
    Packed amount_;                   ///< empty: all as given
    std::vector<std::uint8_t> flags_; ///< 1 received time, 2 judge, 4·outcome
    Packed codes_[k_text_fields];     ///< the card's until finish(): numbers in card_ids_
    Packed positions_[4];
    PackedTexts external_; ///< of all rows until end_rows(); then of those to be judged
    bool rows_ended_ = false;
    std::unique_ptr<Dictionary[]> dictionaries_;
    Dictionary card_ids_;                                                 ///< their bytes
    std::vector<ToldCard> told_;                                          ///< until finish()
    std::unordered_map<std::uint32_t, std::vector<std::string>> aliases_; ///< hashes by card code
    PackedTexts masked_;                                                  ///< by card code
    Packed bins_; ///< k_bin_max a card code: its first 1, 2 … digits
    std::vector<ExchangeRate> rates_;
    std::vector<Label> labels_;
    std::vector<KnownLabel> known_; ///< by (row, known_us)
    std::vector<std::uint32_t> judged_;
    std::uint64_t missing_rates_ = 0;
};

} // namespace harmonia::screen
