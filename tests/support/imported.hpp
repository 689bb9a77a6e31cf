// What `harmonia import --json` said.
#pragma once

#include "tests/support/process.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace harmonia::test {

struct Imported {
    int exit = -1;
    long long read = 0, fresh = 0, duplicate = 0, rejected = 0, skipped = 0;
    std::vector<std::string> states; ///< of each file: `shop/a.csv loaded`
    std::string out, err;
    nlohmann::json document; ///< standard output; null when it ended without counts
    [[nodiscard]] bool adds_up() const { return read == fresh + duplicate + rejected + skipped; }
};

inline Imported imported(const Finished& finished) {
    Imported told;
    told.exit = finished.exit;
    told.out = finished.out;
    told.err = finished.err;
    auto json = nlohmann::json::parse(finished.out, nullptr, false);
    if (!json.is_object() || !json.contains("counts"))
        return told;
    const auto count = [&](const char* name) { return json["counts"].value(name, 0LL); };
    told.read = count("read");
    told.fresh = count("new");
    told.duplicate = count("duplicate");
    told.rejected = count("rejected");
    told.skipped = count("skipped");
    for (const auto& done : json.value("data", nlohmann::json::array()))
        told.states.push_back(done["source"].get<std::string>() + " " +
                              done["state"].get<std::string>());
    told.document = std::move(json);
    return told;
}

} // namespace harmonia::test
