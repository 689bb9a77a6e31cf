#include "jobs/import/plan/records.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::importing;

TEST_CASE("a reject is printable, hides what may be a card number, and knows that it does") {
    const importers::Place place{3, 4, 100};
    const Reject plain = make_reject(place, {"bad_date", "date", "not a date: 31/02"}, "a,31/02,5");
    CHECK(plain.raw == "a,31/02,5");
    CHECK(plain.exact);
    const Reject card = make_reject(place, {"bad_date", "date", ""}, "a,4111111111111111,5");
    CHECK(card.raw == "a,************1111,5");
    CHECK_FALSE(card.exact);
    const Reject bytes = make_reject(place, {"bad_encoding", "", ""}, "a\xFF");
    CHECK(bytes.raw == "a\\xFF");
    CHECK_FALSE(bytes.exact);
    const Reject detail = make_reject(place, {"x", "", "saw 4111111111111111"}, "");
    CHECK(detail.problem.detail == "saw ************1111");
    CHECK_FALSE(make_reject(place, {"x", "", ""}, std::string(100'000, 'x')).exact);
}
