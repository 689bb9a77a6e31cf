-- Alerts: what was raised, how it was grouped, what was sent to whom, and every attempt at that.

-- One row an event. Raised in the transaction of the change that it tells of; the command `alert`
-- decides about it once (decided_at).
CREATE TABLE screening.alert (
    id            uuid    NOT NULL PRIMARY KEY,
    seq           bigint  GENERATED ALWAYS AS IDENTITY UNIQUE, -- order of arrival
    kind          text    NOT NULL,
    severity      text    NOT NULL CHECK (severity IN ('critical', 'warning', 'info')),
    at            timestamptz NOT NULL,
    ends_at       timestamptz,                   -- goes on until then; null: it happened once
    source        text    NOT NULL,              -- program and host
    labels        jsonb   NOT NULL,
    fingerprint   text    NOT NULL,              -- SHA-256 of the labels
    summary       text    NOT NULL,
    details       jsonb   NOT NULL DEFAULT '{}',
    correlation   jsonb   NOT NULL DEFAULT '{}',
    hints         text[]  NOT NULL DEFAULT '{}', -- kinds of channel wanted; empty: all
    payment_id    bigint,                        -- whose standing.alert_state follows
    received_at   timestamptz NOT NULL DEFAULT now(),
    decided_at    timestamptz,                   -- null: waits for `alert`
    suppressed_by text CHECK (suppressed_by IN ('silence', 'inhibition', 'mute', 'dedup',
        'throttle')),
    suppressor    text,                          -- which silence, inhibition, interval or alert
    count         integer NOT NULL DEFAULT 1,    -- with its repetitions
    last_seen     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_waiting ON screening.alert (seq) WHERE decided_at IS NULL;
CREATE INDEX alert_fingerprint ON screening.alert (fingerprint, received_at);
CREATE INDEX alert_received ON screening.alert (received_at);
CREATE INDEX alert_payment ON screening.alert (payment_id) WHERE payment_id IS NOT NULL;

-- Alerts of one route that agree in its group_by labels are told together.
CREATE TABLE screening.alert_group (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_key text    NOT NULL UNIQUE,           -- route, labels, hints; `digest:CHANNEL`
    route     text    NOT NULL,                  -- its path in the tree: 0, 0.1, 0.1.2
    labels    jsonb   NOT NULL,
    hints     text[]  NOT NULL DEFAULT '{}',
    number    integer NOT NULL DEFAULT 0,        -- of its last notification
    next_at   timestamptz,                       -- when to look at it; null: nothing to tell
    last_sent timestamptz
);
CREATE INDEX alert_group_due ON screening.alert_group (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE screening.alert_member (
    group_id bigint  NOT NULL REFERENCES screening.alert_group ON DELETE CASCADE,
    alert_id uuid    NOT NULL REFERENCES screening.alert ON DELETE CASCADE,
    notified integer,                            -- number of the notification that told it first
    PRIMARY KEY (group_id, alert_id)
);
CREATE INDEX alert_member_new ON screening.alert_member (group_id) WHERE notified IS NULL;
CREATE INDEX alert_member_alert ON screening.alert_member (alert_id);

CREATE TABLE screening.notification (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id   bigint  NOT NULL REFERENCES screening.alert_group,
    number     integer NOT NULL,                 -- from 1 in its group
    reason     text    NOT NULL CHECK (reason IN ('first', 'new members', 'reminder', 'digest',
        'test')),
    members    uuid[]  NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (group_id, number)
);
CREATE INDEX notification_members ON screening.notification USING gin (members);

-- A notification on its way to one target of one channel. What is sent is written down here, so
-- that every attempt sends the same. Claimed as core/claim does.
CREATE TABLE screening.delivery (
    id              bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notification_id bigint  NOT NULL REFERENCES screening.notification,
    channel         text    NOT NULL,
    target          text    NOT NULL,            -- may hold addresses: shown masked
    idempotency_key text    NOT NULL UNIQUE,     -- the same at every attempt
    severity        text    NOT NULL,
    payload         jsonb   NOT NULL,            -- subject, text, html, body
    final           text CHECK (final IN ('sent', 'dead', 'cancelled')), -- null: still waits
    attempts        integer NOT NULL DEFAULT 0,  -- failed ones of this schedule
    retry_at        timestamptz,
    failure_reason  text,
    lease_owner     text,
    lease_until     timestamptz,
    provider_id     text,                        -- the receiver's own id of it
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz
);
CREATE INDEX delivery_waiting ON screening.delivery (channel, id) WHERE final IS NULL;
CREATE INDEX delivery_notification ON screening.delivery (notification_id);
CREATE INDEX delivery_dead ON screening.delivery (id) WHERE final = 'dead';
CREATE VIEW screening.delivery_state AS
    SELECT d.*, CASE WHEN final IS NOT NULL THEN final WHEN lease_until > now() THEN 'leased'
        WHEN retry_at IS NOT NULL THEN 'retry' ELSE 'pending' END AS state
    FROM screening.delivery d;

-- The audit trail: one row an attempt, also of those whose worker died (class `lost`, written by
-- who took over).
CREATE TABLE screening.delivery_attempt (
    at          timestamptz NOT NULL DEFAULT now(),
    delivery_id bigint  NOT NULL,
    attempt     integer NOT NULL,                -- from 1
    channel     text    NOT NULL,
    target      text    NOT NULL,                -- masked
    class       text    NOT NULL CHECK (class IN ('sent', 'transient', 'permanent', 'lost')),
    code        integer,                         -- SMTP or HTTP status, or exit code
    reply       text    NOT NULL DEFAULT '',     -- at most 1 KiB, masked
    duration_ms integer NOT NULL DEFAULT 0,
    worker      text    NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX delivery_attempt_delivery ON screening.delivery_attempt (delivery_id);
INSERT INTO ops.partition_policy (parent, step, ahead) VALUES
    ('screening.delivery_attempt', 'month', '40 days');
CREATE FUNCTION screening.refuse_attempt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'HA001';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON screening.delivery_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_attempt_change();
REVOKE UPDATE, DELETE, TRUNCATE ON screening.delivery_attempt FROM PUBLIC;

-- What a channel remembers between runs.
CREATE TABLE screening.channel_state (
    channel     text PRIMARY KEY,
    failures    integer NOT NULL DEFAULT 0,      -- transient ones in a row
    open_until  timestamptz,                     -- nothing is sent before
    day         date,                            -- daily budget: of which day
    day_count   integer NOT NULL DEFAULT 0
);

-- A throttle's bucket of tokens, as the moment when it is full again.
CREATE TABLE screening.throttle (
    route   text NOT NULL,
    channel text NOT NULL,
    full_at timestamptz NOT NULL,
    PRIMARY KEY (route, channel)
);

CREATE TABLE screening.silence (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    matchers   text[] NOT NULL,                  -- as typed: card="0622"
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
    author     text NOT NULL,
    comment    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX silence_ends ON screening.silence (ends_at);
