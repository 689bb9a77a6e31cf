#include "tests/gen/truth.hpp"

#include "tests/gen/text.hpp"

namespace harmonia::gen {
namespace {

void text(std::string& out, std::string_view value) {
    out += '\t';
    if (value.find_first_of("\\\t") == std::string_view::npos) {
        out += value;
        return;
    }
    for (const char c : value) {
        if (c == '\\' || c == '\t')
            out += '\\';
        out += c == '\t' ? 't' : c;
    }
}

void optional_text(std::string& out, const std::optional<std::string>& value) {
    if (value)
        text(out, *value);
    else
        out += "\t\\N";
}

void optional_int(std::string& out, const std::optional<std::int64_t>& value) {
    if (value) {
        out += '\t';
        append_int(out, *value);
    } else {
        out += "\t\\N";
    }
}

} // namespace

const char* state_name(State state) {
    switch (state) {
    case State::stored:
        return "stored";
    case State::unidentified:
        return "unidentified";
    case State::duplicate:
        return "duplicate";
    case State::rejected:
        return "rejected";
    case State::skipped:
        return "skipped";
    }
    return "";
}

void TruthRow::reset() {
    code = field = identified_by = {};
    state = State::stored;
    date_us = 0;
    settlement_key.reset();
    card_token.reset();
    first_six.reset();
    last_four.reset();
    points.reset();
    merchant_identifier_id.reset();
    transaction_id.clear();
    mid.clear();
    identifier.clear();
    auth_code.clear();
    approval_code.clear();
    extra_fields = "{}";
    counterpart.clear();
}

std::string truth_header() {
    return "record\tline\tstate\tcode\tfield\tprovider\tfeed_type\ttransaction_id\ttransaction_"
           "date\t"
           "spend_amount\tspend_currency\tpayment_provider\tmid\tidentified_by\tidentifier\t"
           "settlement_key\tcard_token\tfirst_six\tlast_four\tauth_code\tapproval_code\t"
           "points_amount\tmerchant_identifier_id\textra_fields\tcounterpart\n";
}

void append_truth(std::string& out, const TruthRow& row) {
    append_int(out, static_cast<std::int64_t>(row.record));
    out += '\t';
    append_int(out, static_cast<std::int64_t>(row.line));
    text(out, state_name(row.state));
    text(out, row.code);
    text(out, row.field);
    text(out, row.provider);
    text(out, row.feed_type);
    if (row.state == State::rejected) {
        out += "\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t"
               "\\N\t\\N\n";
        return;
    }
    text(out, row.transaction_id);
    out += '\t';
    append_datetime(out, row.date, ' ');
    if (row.date_us != 0) {
        out += '.';
        append_padded(out, static_cast<std::uint64_t>(row.date_us), 6);
    }
    out += "+00\t";
    append_int(out, row.amount);
    text(out, row.currency);
    text(out, row.payment_provider);
    text(out, row.mid);
    text(out, row.identified_by);
    text(out, row.identifier);
    optional_text(out, row.settlement_key);
    optional_text(out, row.card_token);
    optional_text(out, row.first_six);
    optional_text(out, row.last_four);
    text(out, row.auth_code);
    text(out, row.approval_code);
    optional_int(out, row.points);
    optional_int(out, row.merchant_identifier_id);
    text(out, row.extra_fields);
    text(out, row.counterpart);
    out += '\n';
}

} // namespace harmonia::gen
