#include "jobs/match/sink/block.hpp"

#include "core/base/check.hpp"

#include <functional>

namespace harmonia::match {

void TransactionBlock::clear() {
    text_.clear();
    rows_.clear();
    missing_.clear();
}

TextSpan TransactionBlock::put(std::string_view text) {
    HARMONIA_CHECK(text_.size() + text.size() < TextSpan::k_null);
    const TextSpan span{static_cast<std::uint32_t>(text_.size()),
                        static_cast<std::uint32_t>(text.size())};
    text_.append(text);
    return span;
}

TextSpan TransactionBlock::put(const std::optional<std::string_view>& text) {
    return text && !text->empty() ? put(*text) : TextSpan{};
}

template <typename T>
TextSpan TransactionBlock::put_array(const std::vector<T>& values) {
    array_.clear();
    for (const T& value : values)
        array_.add(value);
    return put(array_.view());
}

void TransactionBlock::add(const importers::Place& place, std::string_view raw,
                           std::string_view transaction_id, const importers::MappedRecord& record,
                           const Owner& owner, bool stored) {
    TransactionRow& row = rows_.emplace_back();
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

void TransactionBlock::mark_repeated(std::vector<bool>& dropped) const {
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
