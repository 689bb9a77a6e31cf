#include "jobs/import/rejects/store_retried.hpp"

#include "core/payments/import_batch.hpp"

namespace harmonia::importing {

void mark_retried(db::Transaction& tx, const std::vector<std::int64_t>& ids) {
    const db::Result marked = tx.exec(R"(
        UPDATE ops.reject
        SET state = 'retried'
        WHERE state = 'open' AND id = ANY($1::bigint[]))",
                                      ids);
    if (marked.affected() != ids.size())
        throw Error(Exit::try_again, "another process is retrying or dismissing these rejects");
}

void update_problem(db::Transaction& tx, std::int64_t reject_id, const Problem& problem) {
    tx.exec("UPDATE ops.reject SET field = $2, code = $3, detail = $4 WHERE id = $1", reject_id,
            problem.field, problem.code, problem.detail);
}

void count_retried(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const Counts& more, std::size_t retried) {
    tx.exec(R"(
        UPDATE ops.import_batch
        SET count_new = count_new + $2,
            count_duplicate = count_duplicate + $3,
            count_skipped = count_skipped + $4,
            count_unidentified = count_unidentified + $5,
            count_rejected = count_rejected - $6
        WHERE id = $1)",
            batch_id, more.fresh, more.duplicate, more.skipped, more.unidentified, retried);
    tx.exec("SELECT pg_notify($1, $2)", payments::k_imported_channel, feed);
}

} // namespace harmonia::importing
