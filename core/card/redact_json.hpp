// The redactor (core/card/redact.hpp) over a JSON document: strings, numbers and member names, at
// any depth. Exempt are numbers of at most 13 digits under names of ids and times (`…_id`, `…ID`,
// `…Time`, `…_ms`), and of at most 16 under `…_us`: one in ten would look like a card.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace harmonia::card {

/// `own`: the digits of a card that is masked wherever it stands, even if its check digit is wrong.
void redact_json(nlohmann::json& value, std::string_view own = {});

} // namespace harmonia::card
