-- Who owes what to whom, what waits to be decided about it, and what was sent and received.
-- No foreign keys: account and queue rows are written in sets under the account's lock, and
-- `audit accounts` proves what a key would. Instants are exact to the microsecond.

-- At most one row a pair; creditor 0 is the debtor itself (the root account).
CREATE TABLE accounts.account (
    debtor_id             bigint      NOT NULL,
    creditor_id           bigint      NOT NULL,
    principal             bigint      NOT NULL DEFAULT 0 CHECK (principal >= -9223372036854775807),
    interest              double precision NOT NULL DEFAULT 0, -- as of last_change_ts
    total_locked_amount   bigint      NOT NULL DEFAULT 0 CHECK (total_locked_amount >= 0),
    last_transfer_id      bigint      NOT NULL CHECK (last_transfer_id >= 0),
    -- of the last AccountTransfer that was sent
    last_transfer_number  bigint      NOT NULL DEFAULT 0 CHECK (last_transfer_number >= 0),
    last_change_ts        timestamptz NOT NULL,
    last_heartbeat_ts     timestamptz NOT NULL,
    last_transfer_committed_at      timestamptz NOT NULL DEFAULT 'epoch',
    last_interest_rate_change_ts    timestamptz NOT NULL DEFAULT 'epoch',
    last_interest_capitalization_ts timestamptz NOT NULL DEFAULT 'epoch',
    last_deletion_attempt_ts        timestamptz NOT NULL DEFAULT 'epoch',
    last_config_ts        timestamptz NOT NULL DEFAULT 'epoch',
    creation_date         date        NOT NULL,
    last_change_seqnum    integer     NOT NULL DEFAULT 0,
    last_config_seqnum    integer     NOT NULL DEFAULT 0,
    pending_transfers_count integer   NOT NULL DEFAULT 0 CHECK (pending_transfers_count >= 0),
    interest_rate         real        NOT NULL DEFAULT 0 CHECK (interest_rate BETWEEN -50 AND 100),
    previous_interest_rate real       NOT NULL DEFAULT 0
                          CHECK (previous_interest_rate BETWEEN -50 AND 100),
    negligible_amount     real        NOT NULL DEFAULT 0 CHECK (negligible_amount >= 0),
    config_flags          integer     NOT NULL DEFAULT 0, -- 1: scheduled for deletion
    status_flags          integer     NOT NULL DEFAULT 0, -- 1: deleted, 2: overflown
    -- a change that no AccountUpdate has told yet
    pending_account_update boolean    NOT NULL DEFAULT false,
    config_data           text        NOT NULL DEFAULT '',
    debtor_info_iri       text,
    debtor_info_content_type text,
    debtor_info_sha256    bytea CHECK (octet_length(debtor_info_sha256) = 32),
    PRIMARY KEY (debtor_id, creditor_id)
) WITH (fillfactor = 80, toast_tuple_target = 420, autovacuum_vacuum_scale_factor = 0.08,
        autovacuum_vacuum_insert_scale_factor = 0.2);
ALTER TABLE accounts.account ALTER COLUMN config_data SET STORAGE EXTERNAL;
-- No index but the key: what a transfer changes of an account stays on its page (a HOT update). A
-- scan looks at every account anyway.

-- ConfigureAccount messages waiting.
CREATE TABLE accounts.configure_request (
    debtor_id         bigint      NOT NULL,
    creditor_id       bigint      NOT NULL,
    request_id        bigint      GENERATED ALWAYS AS IDENTITY,
    ts                timestamptz NOT NULL,
    seqnum            integer     NOT NULL,
    config_flags      integer     NOT NULL,
    negligible_amount real        NOT NULL CHECK (negligible_amount >= 0),
    config_data       text        NOT NULL,
    PRIMARY KEY (debtor_id, creditor_id, request_id)
) WITH (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);

-- PrepareTransfer messages waiting, of one sender in the order they came.
CREATE TABLE accounts.transfer_request (
    debtor_id              bigint      NOT NULL,
    sender_creditor_id     bigint      NOT NULL,
    transfer_request_id    bigint      GENERATED ALWAYS AS IDENTITY,
    coordinator_id         bigint      NOT NULL,
    coordinator_request_id bigint      NOT NULL,
    min_locked_amount      bigint      NOT NULL CHECK (min_locked_amount >= 0),
    max_locked_amount      bigint      NOT NULL CHECK (max_locked_amount >= min_locked_amount),
    recipient_creditor_id  bigint,                    -- null: what was named can be no account
    deadline               timestamptz NOT NULL,
    final_interest_rate_ts timestamptz NOT NULL,
    received_at            timestamptz NOT NULL DEFAULT now(),
    coordinator_type       text        NOT NULL,
    PRIMARY KEY (debtor_id, sender_creditor_id, transfer_request_id)
) WITH (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);

-- FinalizeTransfer messages waiting. The coordinator is part of the key: a bogus request must not
-- displace the genuine one.
CREATE TABLE accounts.finalization_request (
    debtor_id              bigint      NOT NULL,
    sender_creditor_id     bigint      NOT NULL,
    transfer_id            bigint      NOT NULL,
    coordinator_id         bigint      NOT NULL,
    coordinator_request_id bigint      NOT NULL,
    committed_amount       bigint      NOT NULL CHECK (committed_amount >= 0),
    ts                     timestamptz NOT NULL,
    coordinator_type       text        NOT NULL,
    transfer_note_format   text        NOT NULL,
    transfer_note          text        NOT NULL,
    PRIMARY KEY (debtor_id, sender_creditor_id, transfer_id, coordinator_id,
                 coordinator_request_id, coordinator_type)
) WITH (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);

-- Open guarantees: made by a prepare, gone with its finalization.
CREATE TABLE accounts.prepared_transfer (
    debtor_id              bigint      NOT NULL,
    sender_creditor_id     bigint      NOT NULL,
    transfer_id            bigint      NOT NULL CHECK (transfer_id > 0),
    coordinator_id         bigint      NOT NULL,
    coordinator_request_id bigint      NOT NULL,
    recipient_creditor_id  bigint      NOT NULL CHECK (recipient_creditor_id <> sender_creditor_id),
    locked_amount          bigint      NOT NULL CHECK (locked_amount >= 0),
    prepared_at            timestamptz NOT NULL,
    deadline               timestamptz NOT NULL,
    final_interest_rate_ts timestamptz NOT NULL,
    demurrage_rate         double precision NOT NULL
                           CHECK (demurrage_rate > -100 AND demurrage_rate <= 0),
    last_reminder_ts       timestamptz,               -- null: never reminded
    coordinator_type       text        NOT NULL,
    PRIMARY KEY (debtor_id, sender_creditor_id, transfer_id)
) WITH (autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_insert_scale_factor = 0.2);

-- Chores that somebody else's scanner sent, waiting. Columns that a kind does not have are null.
CREATE TABLE accounts.chore_request (
    debtor_id     bigint      NOT NULL,
    creditor_id   bigint      NOT NULL,
    request_id    bigint      GENERATED ALWAYS AS IDENTITY,
    kind          text        NOT NULL CHECK (kind IN ('ChangeInterestRate', 'UpdateDebtorInfo',
                                                       'CapitalizeInterest', 'TryToDeleteAccount')),
    ts            timestamptz,
    interest_rate double precision,
    iri           text,
    content_type  text,
    sha256        text,
    PRIMARY KEY (debtor_id, creditor_id, request_id)
) WITH (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);

-- Gives every change that leaves an account its number. Never reset it, never restore it to an
-- older value: a number used twice is taken for a duplicate by its receiver.
CREATE SEQUENCE accounts.change_id;

-- Every change that an account of this database caused on another one, until the archive threshold
-- folds it into account_total.
CREATE TABLE accounts.sent_balance_change (
    debtor_id         bigint      NOT NULL,
    other_creditor_id bigint      NOT NULL,           -- whose change it was: already changed
    change_id         bigint      NOT NULL,
    creditor_id       bigint      NOT NULL,           -- whose principal it changes
    principal_delta   bigint      NOT NULL CHECK (principal_delta <> 0),
    committed_at      timestamptz NOT NULL,
    PRIMARY KEY (debtor_id, other_creditor_id, change_id)
) WITH (autovacuum_vacuum_scale_factor = 0.1);

-- Every change that was ever received; makes its repetition harmless. It is applied when it has no
-- row in pending_balance_change.
CREATE TABLE accounts.registered_balance_change (
    debtor_id         bigint      NOT NULL,
    other_creditor_id bigint      NOT NULL,
    change_id         bigint      NOT NULL,
    creditor_id       bigint      NOT NULL,
    principal_delta   bigint      NOT NULL CHECK (principal_delta <> 0),
    committed_at      timestamptz NOT NULL,
    PRIMARY KEY (debtor_id, other_creditor_id, change_id)
) WITH (autovacuum_vacuum_scale_factor = 0.1);

-- Received, not yet applied; found by the account to change.
CREATE TABLE accounts.pending_balance_change (
    debtor_id            bigint      NOT NULL,
    creditor_id          bigint      NOT NULL,
    other_creditor_id    bigint      NOT NULL,
    change_id            bigint      NOT NULL,
    principal_delta      bigint      NOT NULL CHECK (principal_delta <> 0),
    committed_at         timestamptz NOT NULL,
    coordinator_type     text        NOT NULL,
    transfer_note_format text        NOT NULL,
    transfer_note        text        NOT NULL,
    PRIMARY KEY (debtor_id, creditor_id, change_id, other_creditor_id)
) WITH (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1);

-- What the archive threshold has folded, an account: received and sent. `clipped` is what an
-- overflow took away (positive) or gave (negative), since no balance can hold it.
CREATE TABLE accounts.account_total (
    debtor_id   bigint  NOT NULL,
    creditor_id bigint  NOT NULL,
    applied     numeric NOT NULL DEFAULT 0,
    sent        numeric NOT NULL DEFAULT 0,
    clipped     numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (debtor_id, creditor_id)
);

-- How far back the archive of changes reaches: what was committed before may be folded.
CREATE TABLE accounts.archive (
    one           boolean     PRIMARY KEY DEFAULT true CHECK (one),
    folded_before timestamptz NOT NULL
);
INSERT INTO accounts.archive (folded_before) VALUES ('epoch');

-- Accounts whose work failed although it was tried alone; everything else goes on.
CREATE TABLE accounts.parked_account (
    debtor_id   bigint      NOT NULL,
    creditor_id bigint      NOT NULL,
    stage       text        NOT NULL,
    error       text        NOT NULL,
    parked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (debtor_id, creditor_id, stage)
);

-- The first 32 bits of MD5 over both ids, big endian: which shard an account belongs to.
CREATE FUNCTION accounts.sharding_key(debtor_id bigint, creditor_id bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ('x' || left(md5(int8send(debtor_id) || int8send(creditor_id)), 8))::bit(32)::bigint;
