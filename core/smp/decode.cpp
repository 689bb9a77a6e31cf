#include "core/smp/decode.hpp"

#include "core/smp/object.hpp"
#include "core/smp/realm.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace harmonia::smp {

namespace {

constexpr std::int64_t k_year_1_us = -62'135'596'800'000'000;
constexpr std::int64_t k_least_delta = -k_amount_max; ///< its negation is an amount, too

constexpr StringRule k_config_data{.chars_max = 2000, .bytes_max = 2000};
constexpr StringRule k_coordinator_type{.chars_max = 30, .bytes_min = 1, .ascii = true};
constexpr StringRule k_recipient{.chars_max = 100, .ascii = true};
constexpr StringRule k_note_text{.bytes_max = k_note_bytes_max};
constexpr StringRule k_info_iri{.chars_max = 200};
constexpr StringRule k_info_content_type{.chars_max = 100, .ascii = true};
constexpr std::size_t k_note_format_max = 8;
constexpr std::size_t k_sha256_digits = 64;

enum Member : std::size_t {
    m_type,
    m_debtor_id,
    m_creditor_id,
    m_ts,
    m_coordinator_type,
    m_coordinator_id,
    m_coordinator_request_id,
    m_min_locked_amount,
    m_max_locked_amount,
    m_recipient,
    m_final_interest_rate_ts,
    m_max_commit_delay,
    m_transfer_id,
    m_committed_amount,
    m_transfer_note,
    m_transfer_note_format,
    m_change_id,
    m_committed_at,
    m_principal_delta,
    m_other_creditor_id,
    m_seqnum,
    m_negligible_amount,
    m_config_flags,
    m_config_data,
    m_interest_rate,
    m_info_iri,
    m_info_content_type,
    m_info_sha256,
    m_end
};

constexpr std::array<std::string_view, m_end> k_names = {
    "type",
    "debtor_id",
    "creditor_id",
    "ts",
    "coordinator_type",
    "coordinator_id",
    "coordinator_request_id",
    "min_locked_amount",
    "max_locked_amount",
    "recipient",
    "final_interest_rate_ts",
    "max_commit_delay",
    "transfer_id",
    "committed_amount",
    "transfer_note",
    "transfer_note_format",
    "change_id",
    "committed_at",
    "principal_delta",
    "other_creditor_id",
    "seqnum",
    "negligible_amount",
    "config_flags",
    "config_data",
    "interest_rate",
    "debtor_info_iri",
    "debtor_info_content_type",
    "debtor_info_sha256",
};

std::int64_t take_amount(ObjectReader& from, Member member) {
    return from.take_integer<std::int64_t>(member, 0);
}

AccountKey take_account(ObjectReader& from) {
    AccountKey key;
    key.debtor_id = from.take_integer<std::int64_t>(m_debtor_id);
    key.creditor_id = from.take_integer<std::int64_t>(m_creditor_id);
    return key;
}

Coordinator take_coordinator(ObjectReader& from) {
    Coordinator coordinator;
    coordinator.type = from.take_string(m_coordinator_type, k_coordinator_type);
    coordinator.id = from.take_integer<std::int64_t>(m_coordinator_id);
    coordinator.request_id = from.take_integer<std::int64_t>(m_coordinator_request_id);
    return coordinator;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

Note take_note(ObjectReader& from) {
    Note note;
    note.format = from.take_string(m_transfer_note_format);
    const bool plain = std::all_of(note.format.begin(), note.format.end(), [](char c) {
        return is_alphanumeric(c) || c == '.' || c == '-';
    });
    if (!plain || note.format.size() > k_note_format_max)
        from.fail("format", m_transfer_note_format, "must be 0 to 8 letters, digits, '.' or '-'");
    note.text = from.take_string(m_transfer_note, k_note_text);
    return note;
}

/// 64 digits of either case, made upper case; or an empty string.
std::string take_sha256(ObjectReader& from) {
    std::string digits = from.take_string(m_info_sha256);
    for (char& c : digits)
        if (c >= 'a' && c <= 'f')
            c = static_cast<char>(c - 'a' + 'A');
    const bool plain = std::all_of(digits.begin(), digits.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    });
    if (!plain || (!digits.empty() && digits.size() != k_sha256_digits))
        from.fail("format", m_info_sha256, "must be empty or 64 hexadecimal digits");
    return digits;
}

/// Who may coordinate a transfer from that sender.
void check_coordinator(ObjectReader& from, const PrepareTransfer& message) {
    const Coordinator& coordinator = message.coordinator;
    if (coordinator.type == k_direct && coordinator.id != message.sender.creditor_id)
        from.fail("coordinator", m_coordinator_id, "must be the creditor when the type is direct");
    else if (coordinator.type == k_issuing && (coordinator.id != message.sender.debtor_id ||
                                               message.sender.creditor_id != k_root_creditor))
        from.fail("coordinator", m_coordinator_id,
                  "must be the debtor, with sender 0, when the type is issuing");
    else if (coordinator.type == k_agent && !same_agent(message.sender.creditor_id, coordinator.id))
        from.fail("other_agent", m_coordinator_id,
                  "must be in the sender's subnet when the type is agent");
}

ConfigureAccount take_configure(ObjectReader& from) {
    ConfigureAccount message;
    message.account = take_account(from);
    message.ts_us = from.take_instant(m_ts, k_epoch_us);
    message.seqnum = from.take_integer<std::int32_t>(m_seqnum);
    const double amount = from.take_real(m_negligible_amount);
    if (amount < 0 || amount > std::numeric_limits<float>::max())
        from.fail("range", m_negligible_amount, "must be a single-precision number from 0");
    else
        message.negligible_amount = static_cast<float>(amount);
    message.config_flags = from.take_integer<std::int32_t>(m_config_flags);
    message.config_data = from.take_string(m_config_data, k_config_data);
    return message;
}

PrepareTransfer take_prepare(ObjectReader& from) {
    PrepareTransfer message;
    message.sender = take_account(from);
    message.coordinator = take_coordinator(from);
    message.min_locked_amount = take_amount(from, m_min_locked_amount);
    message.max_locked_amount = take_amount(from, m_max_locked_amount);
    message.recipient = from.take_string(m_recipient, k_recipient);
    message.final_interest_rate_ts_us = from.take_instant(m_final_interest_rate_ts, k_year_1_us);
    message.max_commit_delay_s = from.take_integer<std::int32_t>(m_max_commit_delay, 0);
    message.ts_us = from.take_instant(m_ts, k_epoch_us);
    if (message.min_locked_amount > message.max_locked_amount)
        from.fail("min_above_max", m_min_locked_amount, "must not exceed max_locked_amount");
    check_coordinator(from, message);
    return message;
}

FinalizeTransfer take_finalize(ObjectReader& from) {
    FinalizeTransfer message;
    message.sender = take_account(from);
    message.transfer_id = from.take_integer<std::int64_t>(m_transfer_id);
    message.coordinator = take_coordinator(from);
    message.committed_amount = take_amount(from, m_committed_amount);
    message.note = take_note(from);
    message.ts_us = from.take_instant(m_ts, k_epoch_us);
    return message;
}

PendingBalanceChange take_change(ObjectReader& from) {
    PendingBalanceChange message;
    message.account = take_account(from);
    message.other_creditor_id = from.take_integer<std::int64_t>(m_other_creditor_id);
    message.change_id = from.take_integer<std::int64_t>(m_change_id);
    message.coordinator_type = from.take_string(m_coordinator_type, k_coordinator_type);
    message.note = take_note(from);
    message.committed_at_us = from.take_instant(m_committed_at, k_year_1_us);
    message.principal_delta = from.take_integer<std::int64_t>(m_principal_delta, k_least_delta);
    if (message.principal_delta == 0)
        from.fail("range", m_principal_delta, "must not be 0");
    return message;
}

ChangeInterestRate take_rate(ObjectReader& from) {
    ChangeInterestRate chore;
    chore.account = take_account(from);
    chore.interest_rate = from.take_real(m_interest_rate);
    chore.ts_us = from.take_instant(m_ts, k_epoch_us);
    return chore;
}

UpdateDebtorInfo take_info(ObjectReader& from) {
    UpdateDebtorInfo chore;
    chore.account = take_account(from);
    chore.info.iri = from.take_string(m_info_iri, k_info_iri);
    chore.info.content_type = from.take_string(m_info_content_type, k_info_content_type);
    chore.info.sha256 = take_sha256(from);
    chore.ts_us = from.take_instant(m_ts, k_epoch_us);
    return chore;
}

template <typename Message>
struct Reading {
    std::string_view type;
    Message (*take)(ObjectReader&);
};

constexpr std::array<Reading<Request>, 4> k_requests = {{
    {"PrepareTransfer", [](ObjectReader& from) { return Request(take_prepare(from)); }},
    {"FinalizeTransfer", [](ObjectReader& from) { return Request(take_finalize(from)); }},
    {"PendingBalanceChange", [](ObjectReader& from) { return Request(take_change(from)); }},
    {"ConfigureAccount", [](ObjectReader& from) { return Request(take_configure(from)); }},
}};

constexpr std::array<Reading<Chore>, 4> k_chores = {{
    {"ChangeInterestRate", [](ObjectReader& from) { return Chore(take_rate(from)); }},
    {"UpdateDebtorInfo", [](ObjectReader& from) { return Chore(take_info(from)); }},
    {"CapitalizeInterest",
     [](ObjectReader& from) { return Chore(CapitalizeInterest{take_account(from)}); }},
    {"TryToDeleteAccount",
     [](ObjectReader& from) { return Chore(TryToDeleteAccount{take_account(from)}); }},
}};

template <typename Readings>
auto find(const Readings& readings, std::string_view type) {
    return std::find_if(
        readings.begin(), readings.end(),
        [&](const auto& reading) { return reading.type == type; });
}

template <typename Message, typename Readings>
Expected<Message> decode(const Readings& readings, std::string_view body, std::string_view type) {
    // Its memory is kept from one message to the next: reading one allocates nothing.
    static thread_local json::Document document;
    const auto object = read_object(body, document);
    if (!object)
        return tl::make_unexpected(object.error());
    ObjectReader from(*object, k_names);
    const std::string own_type = from.take_string(m_type);
    if (!from.failed() && !type.empty() && own_type != type)
        from.fail("type_mismatch", m_type, "differs from the type in the message's properties");
    const auto reading = find(readings, own_type);
    if (!from.failed() && reading == readings.end())
        from.fail("message_type", m_type, "unknown message type");
    if (from.failed())
        return tl::unexpected<Problem>(std::move(from.problem()));
    Expected<Message> message = reading->take(from);
    if (from.failed())
        return tl::unexpected<Problem>(std::move(from.problem()));
    return message;
}

template <typename Readings>
std::optional<Problem> check_properties(const Readings& readings, std::string_view content_type,
                                        std::string_view type) {
    if (content_type != "application/json")
        return Problem{"content_type", "content_type", "must be application/json"};
    if (find(readings, type) == readings.end())
        return Problem{"message_type", "type", "unknown message type"};
    return std::nullopt;
}

} // namespace

std::optional<Problem> check_request_properties(std::string_view content_type,
                                                std::string_view type) {
    return check_properties(k_requests, content_type, type);
}
std::optional<Problem> check_chore_properties(std::string_view content_type,
                                              std::string_view type) {
    return check_properties(k_chores, content_type, type);
}

Expected<Request> decode_request(std::string_view body, std::string_view type) {
    return decode<Request>(k_requests, body, type);
}
Expected<Chore> decode_chore(std::string_view body, std::string_view type) {
    return decode<Chore>(k_chores, body, type);
}

} // namespace harmonia::smp
