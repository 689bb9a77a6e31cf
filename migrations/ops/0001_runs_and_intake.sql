-- What every database has, whatever its role: runs, intake, refusals, the outbox.

-- One row a run of a command: the audit trail (who, when, with what, how it ended).
CREATE TABLE ops.job_run (
    run_id      uuid        NOT NULL,
    command     text        NOT NULL,
    arguments   text        NOT NULL,            -- without secrets
    host        text        NOT NULL,
    os_user     text        NOT NULL,
    pid         integer     NOT NULL,
    version     text        NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,                     -- null: running, or killed
    outcome     text,                            -- done, rejected, failed, interrupted, refused
    exit_code   integer,
    counts      jsonb       NOT NULL DEFAULT '{}',
    message     text
) PARTITION BY RANGE (started_at);
CREATE INDEX job_run_recent ON ops.job_run (command, started_at DESC);

-- Which tables are cut by time, and how. No default partition: a missing one is an error seen at
-- once,
-- and creating one never has to scan another.
CREATE TABLE ops.partition_policy (
    parent   text NOT NULL PRIMARY KEY,          -- schema.table
    step     text NOT NULL CHECK (step IN ('day', 'week', 'month')),
    ahead    interval NOT NULL DEFAULT '14 days'
);

-- One row a file, a standard input, or a commit's worth of messages. The checkpoint (bytes_done,
-- records_done) moves in the transaction that stores the rows it speaks of.
CREATE TABLE ops.import_batch (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed           text        NOT NULL,
    -- file name below the base, `stdin`, or `AMQP: queue`
    source         text        NOT NULL,
    match_group    text        NOT NULL,         -- 32 hex digits, one an import call
    file_sha256    text,                         -- null for messages
    file_bytes     bigint,
    -- column line of a delimited file, needed to read raw rows again
    header         text,
    state          text        NOT NULL DEFAULT 'open'
                   CHECK (state IN ('open', 'loaded', 'refused', 'archived')),
    refusal        text,                         -- why the file was refused as a whole
    bytes_done     bigint      NOT NULL DEFAULT 0,
    records_done   bigint      NOT NULL DEFAULT 0,
    records_total  bigint      NOT NULL DEFAULT 0, -- what pass one counted
    count_new          bigint  NOT NULL DEFAULT 0,
    count_duplicate    bigint  NOT NULL DEFAULT 0,
    count_rejected     bigint  NOT NULL DEFAULT 0,
    count_skipped      bigint  NOT NULL DEFAULT 0,
    count_unidentified bigint  NOT NULL DEFAULT 0,
    date_from      timestamptz,
    date_to        timestamptz,
    opened_at      timestamptz NOT NULL DEFAULT now(),
    closed_at      timestamptz,
    -- taken last, under a lock held until commit: commit order
    close_seq      bigint UNIQUE
);
CREATE INDEX import_batch_file ON ops.import_batch (feed, file_sha256)
    WHERE file_sha256 IS NOT NULL;
CREATE INDEX import_batch_open ON ops.import_batch (feed, source) WHERE state IN ('open', 'loaded');
CREATE SEQUENCE ops.close_seq;

-- A record that was refused: where it stood, what it said (card numbers masked), why.
CREATE TABLE ops.reject (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id   bigint      NOT NULL,
    feed       text        NOT NULL,
    source     text        NOT NULL,
    record_no  bigint      NOT NULL,             -- from 1
    -- first line of the record, from 1; null for messages
    line_no    bigint,
    byte_offset bigint,
    field      text        NOT NULL DEFAULT '',
    code       text        NOT NULL,             -- stable reason code
    detail     text        NOT NULL DEFAULT '',
    raw        text        NOT NULL,             -- as read, printable, masked
    -- raw is the record's bytes: it can be read again from here
    raw_exact  boolean     NOT NULL DEFAULT true,
    state      text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried',
        'dismissed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (batch_id, record_no)
);
CREATE INDEX reject_open ON ops.reject (feed, id) WHERE state = 'open';

-- A message that cannot be a record. The row is the record: on RabbitMQ 3.10 a dead-letter queue
-- may lose it.
CREATE TABLE ops.dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed        text        NOT NULL,
    queue       text        NOT NULL,
    exchange    text        NOT NULL DEFAULT '',
    routing_key text        NOT NULL DEFAULT '',
    properties  jsonb       NOT NULL DEFAULT '{}',
    body        bytea       NOT NULL,
    body_sha256 text        NOT NULL,
    code        text        NOT NULL,
    detail      text        NOT NULL DEFAULT '',
    state       text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed',
        'dismissed')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letter_open ON ops.dead_letter (feed, id) WHERE state = 'open';

-- Messages that must reach the broker, written in the transaction of the change they tell, deleted
-- when
-- the broker confirmed. Rows of one key rise in commit order; a lane is hash(key) mod 64.
CREATE TABLE ops.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area        text        NOT NULL,
    kind        text        NOT NULL,
    key         text        NOT NULL,
    lane        smallint    NOT NULL GENERATED ALWAYS AS
                (((hashtextextended(key, 0) % 64) + 64) % 64) STORED,
    exchange    text        NOT NULL,
    routing_key text        NOT NULL,
    properties  jsonb       NOT NULL DEFAULT '{}',
    headers     jsonb       NOT NULL DEFAULT '{}',
    body        text        NOT NULL,
    mandatory   boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    not_before  timestamptz,                     -- null: at once
    attempts    integer     NOT NULL DEFAULT 0,
    last_error  text
);
CREATE INDEX outbox_lane ON ops.outbox (lane, id);

-- Live configuration (only keys marked live) and the originals' configuration store.
CREATE TABLE ops.config_item (
    key        text PRIMARY KEY,
    value      text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text        NOT NULL DEFAULT current_user
);

INSERT INTO ops.partition_policy (parent, step, ahead) VALUES ('ops.job_run', 'month', '40 days');
