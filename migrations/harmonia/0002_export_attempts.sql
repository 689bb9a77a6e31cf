-- Every attempt to deliver an export: what became of it, with the evidence. Written once, with the
-- change
-- of the export it tells of; a row outlives its export.
CREATE TABLE harmonia.export_attempt (
    attempted_at          timestamptz NOT NULL DEFAULT now(),
    provider_slug         text    NOT NULL,      -- export target
    export_transaction_id bigint  NOT NULL,
    attempt               integer NOT NULL,      -- from 0
    outcome               text    NOT NULL CHECK (outcome IN ('delivered', 'put_off', 'failed')),
    status_code           integer,               -- HTTP; null without an answer
    body_sha256           text    NOT NULL DEFAULT '', -- of the bytes sent
    -- file name, error, start of the answer (masked)
    detail                text    NOT NULL DEFAULT '',
    duration_ms           integer
) PARTITION BY RANGE (attempted_at);
CREATE INDEX export_attempt_export ON harmonia.export_attempt (export_transaction_id);

INSERT INTO ops.partition_policy (parent, step) VALUES ('harmonia.export_attempt', 'month');
