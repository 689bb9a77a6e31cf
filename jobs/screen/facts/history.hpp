// The facts that a run can see, as columns in memory: rows to be judged and rows that only feed
// windows. Rows are appended in any order; finish() sorts them by (event time, source, external id,
// feed type), so that nothing depends on the order of arrival.
#pragma once

#include "core/base/packed.hpp"
#include "jobs/screen/facts/dictionary.hpp"
#include "jobs/screen/facts/field.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::screen {

/// One row of screening.fact. An empty text is a missing value, like NULL. Texts are copied.
struct Fact {
    std::int64_t payment_id = 0; ///< returned with the verdict; decides nothing
    std::string_view source, feed_type, external_id;
    std::int64_t event_us = 0;
    bool received_time = false;    ///< event_time_src is 'received'
    std::int64_t amount_minor = 0; ///< without sign, in `currency`
    std::string_view currency, kind, method, method_type, channel;
    std::int64_t card_id = 0; ///< 0: no card; otherwise add its Card before finish()
    std::string_view customer, merchant, terminal, ip, device, email_hash, mcc;
    std::string_view card_country, ip_country, merchant_country, ship_country;
    std::optional<std::int32_t> lat, lon, merchant_lat, merchant_lon; ///< 1e-6 degrees
    /// Of the newest live verdict committed before the run's cut, for `verdicts:`.
    Outcome verdict = Outcome::none;
    bool judge = false; ///< whether this row is judged
};

/// The columns of a Fact that are texts (the card is not), and those that are positions.
struct TextColumn {
    Field field;
    std::string_view Fact::*text;
};
inline constexpr TextColumn k_text_columns[] = {
#define HARMONIA_FIELD(name, column)
#define HARMONIA_TEXT_FIELD(name) {Field::name, &Fact::name},
#include "jobs/screen/facts/field.def"
};
struct PositionColumn {
    Field field;
    std::optional<std::int32_t> Fact::*position;
};
inline constexpr PositionColumn k_position_columns[] = {
#define HARMONIA_FIELD(name, column)
#define HARMONIA_POSITION_FIELD(name) {Field::name, &Fact::name},
#include "jobs/screen/facts/field.def"
};

/// A row of screening.card_ref, with its alias.
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

/// A row of screening.label: what was learned about a payment, and when.
struct Label {
    std::int64_t payment_id = 0;
    bool fraud = false;
    std::int64_t known_us = 0;
};

class History {
public:
    /// `kept`: what the rule set reads (Ruleset::fields()); other fields are not stored.
    History(Fields kept, std::string base_currency);

    void append(const Fact& fact);
    /// Sorts, after the last append(). finish() calls it if nobody has; peak memory is lowest when
    /// cards, rates and labels are added after it. Error(internal) for a duplicate row.
    void end_rows();
    /// Every distinct card_id that was appended.
    [[nodiscard]] std::vector<std::int64_t> card_ids() const;
    void add_card(const Card& card);
    void add_rate(const ExchangeRate& rate);
    void add_label(const Label& label);
    /// Links cards and labels, converts amounts. Error(internal) for a card_id without its Card.
    void finish();

    /// The code in this history of a text of another history; a new text is added. To be called
    /// after finish() and before anything else looks at the dictionaries.
    [[nodiscard]] std::uint32_t adopt(Field field, const History& other, std::uint32_t code);

    // All below: after finish(). Rows are numbered 0 … size() - 1 in the order above.
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
        return amount_.empty() ? original_[row] : amount_[row];
    }
    /// In minor units of the payment's own currency.
    [[nodiscard]] std::int64_t original_amount(std::size_t row) const { return original_[row]; }
    /// Code of a text field in its dictionary; 0: missing, or the column is not kept.
    [[nodiscard]] std::uint32_t code(Field field, std::size_t row) const {
        const auto& column = codes_[static_cast<std::size_t>(field)];
        return column.empty() ? 0 : static_cast<std::uint32_t>(column[row]);
    }
    [[nodiscard]] const Dictionary& dictionary(Field field) const;
    [[nodiscard]] std::string_view text(Field field, std::size_t row) const;
    /// `first_n******last4`, or empty.
    [[nodiscard]] std::string masked_card(std::size_t row) const;
    /// Every hash of a card: its own and those of its aliases.
    [[nodiscard]] std::vector<std::string_view> card_hashes(std::uint32_t code) const;
    /// The first n digits of the card, as a code of dictionary(bin6); 0 when fewer are stored.
    [[nodiscard]] std::uint32_t bin(std::size_t row, unsigned n) const;
    [[nodiscard]] std::optional<std::int32_t> position(Field field, std::size_t row) const;
    /// Of a judged row; those of other rows are not kept.
    [[nodiscard]] std::string_view external_id(std::size_t row) const;
    [[nodiscard]] std::uint64_t missing_rates() const { return missing_rates_; } ///< W-FX
    [[nodiscard]] std::uint64_t bytes() const; ///< of memory, approximate

    /// A period [from, until) in which a row was known as fraud.
    struct FraudPeriod {
        std::uint32_t row;
        std::int64_t from_us, until_us;
    };
    /// Of all rows, sorted by row; labels known after `asof_us` are ignored.
    [[nodiscard]] std::vector<FraudPeriod> fraud_periods(std::int64_t asof_us) const;
    /// The label of a row as known at `asof_us`: true for fraud, false for genuine.
    [[nodiscard]] std::optional<bool> label(std::size_t row, std::int64_t asof_us) const;

private:
    struct KnownLabel {
        std::uint32_t row;
        std::int64_t known_us;
        bool fraud;
    };
    [[nodiscard]] bool kept(Field field) const { return (kept_ & bit(field)) != 0; }
    struct KnownCard {
        std::int64_t id, same_as;
        std::uint32_t code; ///< of its own hash
    };
    struct Appended {
        std::int64_t event_us;
        std::uint32_t row; ///< its number in the order of append()
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
    Packed payment_id_, event_us_, original_;
    Packed amount_;                   ///< empty: equal to original_
    std::vector<std::uint8_t> flags_; ///< 1 received time, 2 judge, 4·outcome
    Packed codes_[k_text_fields];     ///< until finish() cards are numbers in card_ids_
    Packed positions_[4];
    PackedTexts external_; ///< of all rows until end_rows(), then of the judged ones
    bool rows_ended_ = false;
    std::unique_ptr<Dictionary[]> dictionaries_;
    Dictionary card_ids_;                                                 ///< their bytes
    std::vector<KnownCard> known_cards_;                                  ///< until finish()
    std::unordered_map<std::uint32_t, std::vector<std::string>> aliases_; ///< hashes by card code
    PackedTexts masked_;                                                  ///< by card code
    Packed bins_; ///< k_bin_max per card code: its first 1, 2 … digits
    std::vector<ExchangeRate> rates_;
    std::vector<Label> labels_;
    std::vector<KnownLabel> known_; ///< by (row, known_us)
    std::vector<std::uint32_t> judged_;
    std::uint64_t missing_rates_ = 0;
};

} // namespace harmonia::screen
