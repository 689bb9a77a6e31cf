#include "jobs/dead_letter/run.hpp"

#include "core/base/text.hpp"
#include "jobs/dead_letter/load.hpp"
#include "jobs/dead_letter/store.hpp"

namespace harmonia::dead_letter {

std::vector<Letter> list(db::Connection& connection, const Filter& filter) {
    db::Transaction tx(connection);
    return load_list(tx, filter);
}

Letter show(db::Connection& connection, long long id) {
    db::Transaction tx(connection);
    auto letters = load(tx, {id});
    if (letters.empty())
        throw Error(Exit::no_input, "unknown dead letter " + std::to_string(id),
                    "`harmonia dead-letter list --all` lists them.");
    return std::move(letters.front());
}

std::int64_t replay(db::Connection& connection, const std::vector<std::int64_t>& ids) {
    db::Transaction tx(connection);
    std::vector<std::int64_t> replayed;
    for (const auto& letter : load(tx, ids)) {
        if (letter.state != "open")
            continue;
        if (find_bad_utf8(letter.body) != std::string::npos)
            throw Error(Exit::data,
                        "body of dead letter " + std::to_string(letter.id) +
                            " must be valid UTF-8 to be replayed",
                        "Have its sender send it again, then dismiss it.");
        store_replay(tx, replay_of(letter), letter.body);
        replayed.push_back(letter.id);
    }
    if (replayed.empty())
        return 0;
    mark(tx, replayed, "replayed");
    notify_outbox(tx);
    tx.commit(Failpoint::dead_letter_commit);
    return static_cast<std::int64_t>(replayed.size());
}

std::int64_t dismiss(db::Connection& connection, const std::vector<std::int64_t>& ids) {
    db::Transaction tx(connection);
    const auto marked = mark(tx, ids, "dismissed");
    tx.commit(Failpoint::dead_letter_commit);
    return static_cast<std::int64_t>(marked);
}

} // namespace harmonia::dead_letter
