#include "jobs/match/sink/references.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::match;
using importers::FeedType;

namespace {

const References& shops() {
    static const References made({
        {1, "prim", IdentifierKind::primary, "shop", "visa", "store-1"},
        {2, "sec", IdentifierKind::secondary, "shop", "visa", "store-1"},
        {3, "both", IdentifierKind::primary, "shop", "visa", ""},
        {4, "both", IdentifierKind::psimi, "brand", "visa", ""},
        {5, "psi", IdentifierKind::psimi, "brand", "visa", ""},
        {6, "a-prim", IdentifierKind::primary, "shop", "amex", "store-1"},
        {7, "twice", IdentifierKind::primary, "shop", "visa", ""},
        {8, "twice", IdentifierKind::primary, "brand", "visa", ""},
        {9, "0-prim", IdentifierKind::primary, "shop", "visa", "store-1"},
    });
    return made;
}

Owner owner_of(std::string_view primary, std::string_view secondary = {},
               std::string_view psimi = {}, std::string_view network = "visa") {
    importers::MappedRecord record;
    record.payment_provider = network;
    record.identifiers = {primary, secondary, psimi};
    Owner owner;
    REQUIRE(identify(shops(), "visa", FeedType::settled, record, owner));
    return owner;
}

} // namespace

TEST_CASE("M-29 the best kind of identifier decides, the MID stays the primary text") {
    const Owner both = owner_of("prim", "sec");
    CHECK(both.known);
    CHECK(both.ids == std::vector<std::int64_t>{1});
    CHECK(both.mid == "prim");
    const Owner store = owner_of("unknown", "sec");
    CHECK(store.ids == std::vector<std::int64_t>{2});
    CHECK(store.mid == "unknown");
    const Owner none = owner_of("unknown", "other", "third");
    CHECK_FALSE(none.known);
    REQUIRE(none.missing.size() == 3);
    CHECK(none.missing[1].kind == "SECONDARY");
    CHECK(none.missing[1].identifier == "other");
    // A better kind of another merchant wins; the worse one is not even compared.
    CHECK(owner_of("prim", "", "psi").merchant == "shop");
}

TEST_CASE("M-30 kind and text must both agree") {
    CHECK_FALSE(owner_of("psi").known);
    CHECK_FALSE(owner_of("", "prim").known);
    CHECK(owner_of("both").merchant == "shop");
    CHECK(owner_of("", "", "both").merchant == "brand");
    CHECK_FALSE(owner_of("prim", "", "", "amex").known);
}

TEST_CASE("one identifier of two schemes is a rejection, not a guess") {
    importers::MappedRecord record;
    record.payment_provider = "visa";
    record.identifiers.primary = "twice";
    Owner owner;
    const auto found = identify(shops(), "visa", FeedType::settled, record, owner);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "ambiguous_mid");
}

TEST_CASE("M-32 a merchant's row is known by its MIDs or by its store on the row's network") {
    importers::MappedRecord record;
    Owner owner;
    const auto known = [&](std::string_view network, std::optional<std::string_view> location,
                           std::vector<std::string_view> mids) {
        record.payment_provider = network;
        record.location = location;
        record.mids = std::move(mids);
        REQUIRE(identify(shops(), "shop", FeedType::merchant, record, owner));
        return owner.known;
    };
    CHECK(known("visa", "store-1", {}));
    CHECK(owner.mids == std::vector<std::string_view>{"0-prim", "prim"}); // PRIMARY of visa only
    CHECK(known("amex", "store-1", {}));
    CHECK(owner.mids == std::vector<std::string_view>{"a-prim"});
    CHECK(known("", "store-1", {}));
    CHECK(owner.mids == std::vector<std::string_view>{"a-prim", "0-prim", "prim"});
    CHECK_FALSE(known("visa", "store-9", {}));
    REQUIRE(owner.missing.size() == 1);
    CHECK(owner.missing[0].kind == "LOCATION");
    CHECK(owner.missing[0].merchant == "shop");
    CHECK(known("visa", "store-9", {"store-9"})); // a declared fallback
    CHECK(known("visa", std::nullopt, {"any mid"}));
    CHECK(owner.ids.empty());
    CHECK_FALSE(known("visa", std::nullopt, {""}));
}

TEST_CASE("a record of 2018 names its merchant identifier") {
    importers::MappedRecord record;
    record.merchant_identifier_id = 6;
    Owner owner;
    REQUIRE(identify(shops(), "imports-payment", FeedType::settled, record, owner));
    CHECK(owner.known);
    CHECK(owner.merchant == "shop");
    CHECK(owner.network == "amex");
    CHECK(owner.mid == "a-prim");
    record.merchant_identifier_id = 99;
    REQUIRE(identify(shops(), "imports-payment", FeedType::settled, record, owner));
    CHECK_FALSE(owner.known);
    CHECK(owner.missing[0].identifier == "99");
    CHECK(owner.missing[0].kind == "ID");
}
