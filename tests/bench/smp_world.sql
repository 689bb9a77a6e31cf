-- The accounts that `harmonia-gen smp` sends money between: :accounts accounts of :debtors debtors
-- with a million units each, issued by root accounts whose configuration allows it. The history of
-- their balances is in account_total, so that `audit accounts` finds them in order.
BEGIN;
CREATE TEMPORARY TABLE made AS
    SELECT 2001 + n % :debtors AS debtor_id, 1000000::bigint AS principal,
           x'0000010100000001'::bigint + n / :debtors AS creditor_id
    FROM generate_series(0, :accounts - 1) n;
INSERT INTO made SELECT debtor_id, -sum(principal), 0 FROM made GROUP BY debtor_id;
INSERT INTO accounts.account
    (debtor_id, creditor_id, principal, last_transfer_id, last_change_ts, last_heartbeat_ts,
     last_config_ts, creation_date, last_change_seqnum, negligible_amount)
SELECT debtor_id, creditor_id, principal,
       (current_date - '1970-01-01')::bigint << 40, now(), now(), now(), current_date, 1,
       CASE creditor_id WHEN 0 THEN 1e30 ELSE 0 END
FROM made ORDER BY md5(creditor_id::text);
INSERT INTO accounts.account_total (debtor_id, creditor_id, applied, sent)
SELECT debtor_id, creditor_id, greatest(principal, 0), greatest(-principal, 0) FROM made;
COMMIT;
VACUUM (ANALYZE) accounts.account;
