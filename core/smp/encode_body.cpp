#include "core/smp/encode.hpp"
#include "core/smp/realm.hpp"
#include "core/time/civil.hpp"

#include <array>
#include <charconv>
#include <concepts>

namespace harmonia::smp {

namespace {

constexpr std::size_t k_number_max = 32; ///< of a double's or an int64's shortest text

void append_integer(std::string& out, std::integral auto value) {
    std::array<char, k_number_max> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

/// From `-d.ddde±XX`, the shortest digits, to plain digits where the exponent is -4 … 15.
template <typename Float>
void append_shortest(std::string& out, Float value) {
    constexpr int k_plain_min = -4, k_plain_max = 15;
    std::array<char, k_number_max> text;
    const char* const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
            .ptr;
    std::string_view written(text.data(), static_cast<std::size_t>(end - text.data()));
    const std::size_t e = written.find('e');
    int exponent = 0;
    std::from_chars(written.data() + e + (written[e + 1] == '+' ? 2 : 1), end, exponent);
    if (exponent < k_plain_min || exponent > k_plain_max) {
        out.append(written);
        return;
    }
    if (written.front() == '-') {
        out += '-';
        written.remove_prefix(1);
    }
    std::string digits(1, written.front());
    if (written[1] == '.')
        digits.append(written.substr(2, written.find('e') - 2));
    if (exponent < 0) {
        out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
        return;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    digits.append(digits.size() < whole ? whole - digits.size() : 0, '0');
    out.append(digits, 0, whole).append(".");
    out.append(digits.size() > whole ? digits.substr(whole) : "0");
}

/// Writes one object; the first member is its type.
class Body {
public:
    Body(std::string& out, std::string_view type) : out_(out) {
        out_.append(R"({"type":")").append(type).append("\"");
    }
    ~Body() { out_ += '}'; }
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;

    void integer(std::string_view name, std::int64_t value) {
        member(name);
        append_integer(out_, value);
    }
    template <typename Float>
    void real(std::string_view name, Float value) {
        member(name);
        append_real(out_, value);
    }
    void instant(std::string_view name, std::int64_t instant_us) {
        member(name);
        append_instant(out_, instant_us);
    }
    void date(std::string_view name, std::int32_t date) {
        member(name);
        std::array<char, time::k_time_text_max> text;
        out_.append("\"").append(text.data(), time::print_date(date, text.data())).append("\"");
    }
    void text(std::string_view name, std::string_view value) {
        member(name);
        append_text(out_, value);
    }
    void account_id(std::string_view name, std::int64_t creditor_id) {
        member(name);
        out_ += '"';
        append_integer(out_, static_cast<std::uint64_t>(creditor_id));
        out_ += '"';
    }
    void account(const AccountKey& key) {
        integer("debtor_id", key.debtor_id);
        integer("creditor_id", key.creditor_id);
    }
    void coordinator(const Coordinator& coordinator) {
        text("coordinator_type", coordinator.type);
        integer("coordinator_id", coordinator.id);
        integer("coordinator_request_id", coordinator.request_id);
    }
    void note(const Note& note) {
        text("transfer_note_format", note.format);
        text("transfer_note", note.text);
    }

private:
    void member(std::string_view name) { out_.append(",\"").append(name).append("\":"); }
    std::string& out_;
};

} // namespace

void append_real(std::string& out, double value) {
    append_shortest(out, value);
}
void append_real(std::string& out, float value) {
    append_shortest(out, value);
}

void append_instant(std::string& out, std::int64_t instant_us) {
    std::array<char, time::k_time_text_max> text;
    out.append("\"");
    out.append(text.data(), time::print_at_offset(instant_us, 0, text.data())).append("\"");
}

void append_text(std::string& out, std::string_view text) {
    static constexpr std::string_view k_short = "\b\t\n\f\r\"\\", k_letters = "btnfr\"\\";
    static constexpr char k_digits[] = "0123456789abcdef";
    out += '"';
    std::size_t plain = 0; // from here on nothing needed an escape
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '"' && c != '\\')
            continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        if (const auto place = k_short.find(c); place != std::string_view::npos) {
            out += '\\';
            out += k_letters[place];
        } else {
            out.append("\\u00");
            out += k_digits[byte >> 4U];
            out += k_digits[byte & 15U];
        }
    }
    out.append(text, plain).append("\"");
}

void append_body(std::string& out, const RejectedConfig& message) {
    Body body(out, "RejectedConfig");
    body.account(message.account);
    body.instant("config_ts", message.config_ts_us);
    body.integer("config_seqnum", message.config_seqnum);
    body.real("negligible_amount", message.negligible_amount);
    body.text("config_data", message.config_data);
    body.integer("config_flags", message.config_flags);
    body.instant("ts", message.ts_us);
    body.text("rejection_code", message.rejection_code);
}

void append_body(std::string& out, const RejectedTransfer& message) {
    Body body(out, "RejectedTransfer");
    body.coordinator(message.coordinator);
    body.text("status_code", message.status_code);
    body.integer("total_locked_amount", message.total_locked_amount);
    body.account(message.sender);
    body.instant("ts", message.ts_us);
}

void append_body(std::string& out, const PreparedTransfer& message) {
    Body body(out, "PreparedTransfer");
    body.account(message.sender);
    body.integer("transfer_id", message.transfer_id);
    body.coordinator(message.coordinator);
    body.integer("locked_amount", message.locked_amount);
    body.account_id("recipient", message.recipient_creditor_id);
    body.instant("prepared_at", message.prepared_at_us);
    body.instant("ts", message.ts_us);
    body.real("demurrage_rate", k_demurrage_rate);
    body.instant("deadline", message.deadline_us);
    body.instant("final_interest_rate_ts", message.final_interest_rate_ts_us);
}

void append_body(std::string& out, const FinalizedTransfer& message) {
    Body body(out, "FinalizedTransfer");
    body.account(message.sender);
    body.integer("transfer_id", message.transfer_id);
    body.coordinator(message.coordinator);
    body.instant("prepared_at", message.prepared_at_us);
    body.instant("ts", message.ts_us);
    body.integer("committed_amount", message.committed_amount);
    body.integer("total_locked_amount", message.total_locked_amount);
    body.text("status_code", message.status_code);
}

void append_body(std::string& out, const AccountUpdate& message) {
    Body body(out, "AccountUpdate");
    body.account(message.account);
    body.instant("last_change_ts", message.last_change_ts_us);
    body.integer("last_change_seqnum", message.last_change_seqnum);
    body.integer("principal", message.principal);
    body.real("interest", message.interest);
    body.real("interest_rate", message.interest_rate);
    body.integer("transfer_note_max_bytes", k_note_bytes_max);
    body.real("demurrage_rate", k_demurrage_rate);
    body.instant("last_interest_rate_change_ts", message.last_interest_rate_change_ts_us);
    body.integer("last_transfer_number", message.last_transfer_number);
    body.instant("last_transfer_committed_at", message.last_transfer_committed_at_us);
    body.instant("last_config_ts", message.last_config_ts_us);
    body.integer("last_config_seqnum", message.last_config_seqnum);
    body.date("creation_date", message.creation_date);
    body.real("negligible_amount", message.negligible_amount);
    body.text("config_data", message.config_data);
    body.integer("config_flags", message.config_flags);
    body.instant("ts", message.ts_us);
    body.integer("ttl", message.ttl_s);
    body.integer("commit_period", message.commit_period_s);
    body.account_id("account_id", message.account.creditor_id);
    body.text("debtor_info_iri", message.debtor_info.iri);
    body.text("debtor_info_content_type", message.debtor_info.content_type);
    body.text("debtor_info_sha256", message.debtor_info.sha256);
}

void append_body(std::string& out, const AccountTransfer& message) {
    const bool acquired = message.acquired_amount >= 0;
    const std::int64_t self = message.account.creditor_id, other = message.other_creditor_id;
    Body body(out, "AccountTransfer");
    body.account(message.account);
    body.date("creation_date", message.creation_date);
    body.integer("transfer_number", message.transfer_number);
    body.text("coordinator_type", message.coordinator_type);
    body.instant("committed_at", message.committed_at_us);
    body.integer("acquired_amount", message.acquired_amount);
    body.note(message.note);
    body.integer("principal", message.principal);
    body.integer("previous_transfer_number", message.transfer_number - 1);
    body.account_id("sender", acquired ? other : self);
    body.account_id("recipient", acquired ? self : other);
    body.instant("ts", message.ts_us);
}

void append_body(std::string& out, const AccountPurge& message) {
    Body body(out, "AccountPurge");
    body.account(message.account);
    body.date("creation_date", message.creation_date);
    body.instant("ts", message.ts_us);
}

void append_body(std::string& out, const PendingBalanceChange& message) {
    Body body(out, "PendingBalanceChange");
    body.account(message.account);
    body.integer("change_id", message.change_id);
    body.text("coordinator_type", message.coordinator_type);
    body.note(message.note);
    body.instant("committed_at", message.committed_at_us);
    body.integer("principal_delta", message.principal_delta);
    body.integer("other_creditor_id", message.other_creditor_id);
}

void append_body(std::string& out, const ChangeInterestRate& message) {
    Body body(out, "ChangeInterestRate");
    body.account(message.account);
    body.real("interest_rate", message.interest_rate);
    body.instant("ts", message.ts_us);
}

void append_body(std::string& out, const UpdateDebtorInfo& message) {
    Body body(out, "UpdateDebtorInfo");
    body.account(message.account);
    body.text("debtor_info_iri", message.info.iri);
    body.text("debtor_info_content_type", message.info.content_type);
    body.text("debtor_info_sha256", message.info.sha256);
    body.instant("ts", message.ts_us);
}

void append_body(std::string& out, const CapitalizeInterest& message) {
    Body(out, "CapitalizeInterest").account(message.account);
}

void append_body(std::string& out, const TryToDeleteAccount& message) {
    Body(out, "TryToDeleteAccount").account(message.account);
}

} // namespace harmonia::smp
