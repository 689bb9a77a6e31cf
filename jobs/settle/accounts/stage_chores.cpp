#include "jobs/settle/accounts/decide_changes.hpp"
#include "jobs/settle/accounts/decide_configure.hpp"
#include "jobs/settle/accounts/sql_text.hpp"
#include "jobs/settle/accounts/stage.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {
namespace {

constexpr WaitingTable k_table{"chore_request", "creditor_id", "request_id",
                               "request_id, kind, ts, interest_rate, iri, content_type, sha256"};

class Chores final : public Stage {
public:
    const char* name() const override { return "chores"; }
    const WaitingTable& table() const override { return k_table; }
    Failpoint commit_point() const override { return Failpoint::settle_chores_commit; }
    Touched touched() const override { return Touched::all; }

    void decide(const Scene& scene, Held& held) override {
        if (!held.account)
            return;
        std::sort(held.rows.begin(), held.rows.end(), [&](std::size_t a, std::size_t b) {
            return scene.rows.integer(a, 2) < scene.rows.integer(b, 2);
        });
        for (const std::size_t row : held.rows)
            held.changed = perform(scene, *held.account, row) || held.changed;
    }

private:
    static bool perform(const Scene& scene, Account& account, std::size_t row) {
        const db::Result& r = scene.rows;
        const Terms& terms = scene.around.terms;
        const std::string_view kind = r.text(row, 3);
        if (kind == "ChangeInterestRate")
            return change_rate(account, real_from(r.text(row, 5)), instant_from(r.text(row, 4)),
                               terms, scene.now_us, scene.effects);
        if (kind == "UpdateDebtorInfo")
            return update_debtor_info(account,
                                      {std::string(r.text(row, 6)), std::string(r.text(row, 7)),
                                       std::string(r.text(row, 8))},
                                      instant_from(r.text(row, 4)), terms, scene.now_us,
                                      scene.effects);
        if (kind == "CapitalizeInterest")
            return capitalize(account, terms, scene.now_us, scene.effects);
        return try_to_delete(account, terms, scene.now_us, scene.effects) != Deletion::absent;
    }
};

} // namespace

std::unique_ptr<Stage> make_chores() {
    return std::make_unique<Chores>();
}

} // namespace harmonia::settle::accounts
