#include "jobs/match/intake_block.hpp"

#include "core/base/check.hpp"

#include <functional>

namespace harmonia::match {

void IntakeBlock::clear() {
    text_.clear();
    rows_.clear();
    missing_.clear();
}

Slice IntakeBlock::put(std::string_view text) {
    HARMONIA_CHECK(text_.size() + text.size() < Slice::k_null);
    const Slice slice{static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(text.size())};
    text_.append(text);
    return slice;
}

Slice IntakeBlock::put(const std::optional<std::string_view>& text) {
    return text && !text->empty() ? put(*text) : Slice{};
}

Slice IntakeBlock::put_array(const std::vector<std::string_view>& texts) {
    const std::size_t at = text_.size();
    text_ += '{';
    for (const std::string_view text : texts) {
        if (text_.size() > at + 1)
            text_ += ',';
        text_ += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\')
                text_ += '\\';
            text_ += c;
        }
        text_ += '"';
    }
    text_ += '}';
    HARMONIA_CHECK(text_.size() < Slice::k_null);
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(text_.size() - at)};
}

Slice IntakeBlock::put_array(const std::vector<std::int64_t>& values) {
    const std::size_t at = text_.size();
    text_ += '{';
    for (const std::int64_t value : values) {
        if (text_.size() > at + 1)
            text_ += ',';
        text_ += std::to_string(value);
    }
    text_ += '}';
    HARMONIA_CHECK(text_.size() < Slice::k_null);
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(text_.size() - at)};
}

void IntakeBlock::add(const importers::Place& place, std::string_view raw,
                      std::string_view transaction_id, const importers::MappedRecord& record,
                      const Owner& owner, bool stored) {
    IntakeRow& row = rows_.emplace_back();
    row.record_no = place.record_number;
    row.byte_offset = place.offset;
    row.transaction_id = put(transaction_id);
    row.raw = put(raw);
    row.identified = owner.known;
    row.stored = stored;
    row.date_us = record.transaction_date_us;
    row.missing = static_cast<std::uint32_t>(missing_.size());
    row.missing_count = static_cast<std::uint32_t>(owner.missing.size());
    for (const UnknownIdentifier& missing : owner.missing)
        missing_.push_back({put(missing.network), put(missing.kind), put(missing.identifier),
                            put(missing.merchant)});
    if (!stored)
        return;
    row.merchant = put(owner.merchant);
    row.network = put(owner.network);
    row.mid = put(owner.mid);
    row.mids = put_array(owner.mids);
    row.ids = put_array(owner.ids);
    row.currency = put(record.spend_currency);
    row.settlement_key = put(record.settlement_key);
    row.card_token = put(record.card_token);
    row.first_six = put(record.first_six);
    row.last_four = put(record.last_four);
    row.auth_code = put(record.auth_code);
    row.approval_code = put(record.approval_code);
    row.extra_fields = put(record.extra_fields);
    row.amount = record.spend_amount;
    row.multiplier = record.spend_multiplier;
    row.points = record.points_amount;
    row.points_multiplier = record.points_multiplier;
    row.has_time = record.has_time;
}

void IntakeBlock::mark_twins(std::vector<bool>& dropped) const {
    std::size_t slots = 64;
    while (slots < rows_.size() * 2)
        slots *= 2;
    table_.assign(slots, 0);
    for (std::uint32_t i = 0; i < rows_.size(); ++i) {
        const std::string_view id = text(rows_[i].transaction_id);
        std::size_t slot = std::hash<std::string_view>{}(id) & (slots - 1);
        while (table_[slot] != 0 && text(rows_[table_[slot] - 1].transaction_id) != id)
            slot = (slot + 1) & (slots - 1);
        if (table_[slot] != 0)
            dropped[i] = true;
        else
            table_[slot] = i + 1;
    }
}

} // namespace harmonia::match
