// Message bodies to be varied: members with their raw JSON values.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace harmonia::test {

class Body {
public:
    using Members = std::vector<std::pair<std::string, std::string>>;
    explicit Body(Members members) : members_(std::move(members)) {}

    /// Replaces a member, or adds it at the end.
    [[nodiscard]] Body with(const std::string& name, const std::string& raw) const {
        Body other = *this;
        for (auto& [member, value] : other.members_)
            if (member == name) {
                value = raw;
                return other;
            }
        other.members_.emplace_back(name, raw);
        return other;
    }
    [[nodiscard]] Body without(const std::string& name) const {
        Body other = *this;
        std::erase_if(other.members_, [&](const auto& member) { return member.first == name; });
        return other;
    }
    [[nodiscard]] const Members& members() const { return members_; }
    [[nodiscard]] std::string text() const {
        std::string out = "{";
        for (const auto& [name, value] : members_)
            out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
        return out + "}";
    }

private:
    Members members_;
};

inline Body configure_body() {
    return Body({{"type", R"("ConfigureAccount")"},
                 {"debtor_id", "-1"},
                 {"creditor_id", "4294967296"},
                 {"ts", R"("2026-03-04T05:06:07.000008+00:00")"},
                 {"seqnum", "-5"},
                 {"negligible_amount", "2.5"},
                 {"config_flags", "8191"},
                 {"config_data", R"("")"}});
}

inline Body prepare_body() {
    return Body({{"type", R"("PrepareTransfer")"},
                 {"debtor_id", "-1"},
                 {"creditor_id", "7"},
                 {"coordinator_type", R"("direct")"},
                 {"coordinator_id", "7"},
                 {"coordinator_request_id", "-9223372036854775808"},
                 {"min_locked_amount", "1"},
                 {"max_locked_amount", "9223372036854775807"},
                 {"recipient", R"("1234")"},
                 {"final_interest_rate_ts", R"("9999-12-31T23:59:59+00:00")"},
                 {"max_commit_delay", "2147483647"},
                 {"ts", R"("2026-03-04T05:06:07+00:00")"}});
}

inline Body finalize_body() {
    return Body({{"type", R"("FinalizeTransfer")"},
                 {"debtor_id", "-1"},
                 {"creditor_id", "7"},
                 {"transfer_id", "22845652601929729"},
                 {"coordinator_type", R"("direct")"},
                 {"coordinator_id", "7"},
                 {"coordinator_request_id", "3"},
                 {"committed_amount", "0"},
                 {"transfer_note", R"("for bread")"},
                 {"transfer_note_format", R"("json.v-1")"},
                 {"ts", R"("2026-03-04T05:06:07+00:00")"}});
}

inline Body change_body() {
    return Body({{"type", R"("PendingBalanceChange")"},
                 {"debtor_id", "-1"},
                 {"creditor_id", "8"},
                 {"change_id", "12"},
                 {"coordinator_type", R"("issuing")"},
                 {"transfer_note", R"("")"},
                 {"transfer_note_format", R"("")"},
                 {"committed_at", R"("2026-03-04T05:06:07+00:00")"},
                 {"principal_delta", "-50"},
                 {"other_creditor_id", "0"}});
}

} // namespace harmonia::test
