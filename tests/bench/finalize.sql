-- What a coordinator answers: a FinalizeTransfer for each PreparedTransfer of the outbox, one a
-- line (psql -A -t). Each commits all that was locked, with a note.
SELECT format('{"type":"FinalizeTransfer","debtor_id":%s,"creditor_id":%s,"transfer_id":%s,'
              '"coordinator_type":"direct","coordinator_id":%s,"coordinator_request_id":%s,'
              '"committed_amount":%s,"transfer_note":"order %s","transfer_note_format":"",'
              '"ts":"2026-01-01T00:00:00+00:00"}',
              m ->> 'debtor_id', m ->> 'creditor_id', m ->> 'transfer_id', m ->> 'coordinator_id',
              m ->> 'coordinator_request_id', m ->> 'locked_amount',
              m ->> 'coordinator_request_id')
FROM (SELECT id, body::jsonb AS m FROM ops.outbox WHERE kind = 'PreparedTransfer') o
ORDER BY id;
