#include "jobs/settle/accounts/stages/scan_foreign.hpp"

#include "core/base/stop.hpp"
#include "jobs/settle/accounts/store/foreign.hpp"

namespace harmonia::settle::accounts {

// Both halves have a copy of what was not published at the split. Only balance changes may be
// published twice: their receivers recognize duplicates.
std::uint64_t drop_foreign_messages(db::Connection& connection, const Settings& settings) {
    for (std::uint64_t dropped = 0;;) {
        throw_if_stopped();
        db::Transaction tx(connection);
        const auto deleted = delete_foreign_messages(tx, settings.realm, settings.batch_rows);
        if (deleted == 0)
            return dropped;
        tx.commit(Failpoint::settle_archive_commit);
        dropped += deleted;
    }
}

std::uint64_t drop_foreign_history(db::Connection& connection, const Settings& settings) {
    std::uint64_t dropped = 0;
    for (const History& history : histories()) {
        Cursor behind = Cursor::start();
        while (true) {
            throw_if_stopped();
            db::Transaction tx(connection);
            if (!delete_foreign_history(tx, history, settings.realm, settings.batch_rows, behind,
                                        dropped))
                break;
            tx.commit(Failpoint::settle_archive_commit);
        }
    }
    db::Transaction tx(connection);
    delete_foreign_remains(tx, settings.realm);
    tx.commit(Failpoint::settle_archive_commit);
    return dropped;
}

} // namespace harmonia::settle::accounts
