// The identifier CSV that onboards a world's stores.
#include "tests/gen/text.hpp"
#include "tests/gen/world.hpp"

namespace harmonia::gen {

std::string World::identifier_csv() const {
    // Scenarios beyond the count live in as many stores again.
    const auto stores = settings_.stores * 2;
    std::string out;
    const auto line = [&](Network network, const char* type, unsigned store, auto&& identifier) {
        out += network_slug(network);
        out += ',';
        identifier();
        out += ',';
        out += type;
        out += ',';
        out += settings_.merchant;
        out += ',';
        if (type[0] != 'P' || type[1] != 'S')
            append_location(out, store);
        out += ",,Generated merchant,";
        append_int(out, store + 1);
        out += " Example Street,EX";
        append_int(out, store % 90 + 1);
        out += " 1AA,A\n";
    };
    for (const auto network : {Network::visa, Network::mastercard, Network::amex}) {
        for (unsigned store = 0; store < stores; ++store) {
            const auto known = onboarded(network, store);
            if (known == Onboarded::primary)
                line(network, "PRIMARY", store, [&] { append_mid(out, network, store); });
            else if (known == Onboarded::secondary)
                line(network, "SECONDARY", store, [&] { append_store_id(out, network, store); });
        }
        if (network != Network::amex)
            line(network, "PSIMI", 0, [&] { append_psimi(out, network); });
    }
    return out;
}

} // namespace harmonia::gen
