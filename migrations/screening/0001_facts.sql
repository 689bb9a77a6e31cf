-- What screening knows of a payment. A feed with `screen: RULESET` writes, in the transaction that
-- stores a payment, one fact beside it: the columns that only rules read. It never changes. Until
-- its first verdict the payment is in screening.waiting, from then on in screening.standing. Its
-- state is harmonia.payment_transaction.screen; all live in one database.

-- A card, by a keyed hash of its number (key_id from 1) or by the token that a network gave it
-- (key_id 0, pan_hmac = SHA-256 of `provider:token`). Never the number.
CREATE TABLE screening.card_ref (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id   smallint NOT NULL,
    pan_hmac bytea    NOT NULL,
    first_n  text     NOT NULL DEFAULT '',       -- min(6, length - 9) digits
    last4    text     NOT NULL DEFAULT '',
    pan_len  smallint,
    brand    text     NOT NULL DEFAULT '',
    luhn_ok  boolean,
    UNIQUE (key_id, pan_hmac)
);
-- Two hashes of one card, seen under two keys while keys are rotated: rules take them as one.
CREATE TABLE screening.card_alias (
    card_id bigint NOT NULL PRIMARY KEY REFERENCES screening.card_ref,
    same_as bigint NOT NULL REFERENCES screening.card_ref,
    CHECK (same_as <> card_id)
);

CREATE TABLE screening.customer_order (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source         text   NOT NULL,              -- the feed's provider
    external_id    text   NOT NULL,
    customer       text,
    name           text   NOT NULL DEFAULT '',
    currency       text   NOT NULL,
    total_minor    bigint NOT NULL,
    placed_at      timestamptz NOT NULL,
    payload_sha256 bytea  NOT NULL,
    UNIQUE (source, external_id)
);
CREATE TABLE screening.order_item (
    order_id       bigint  NOT NULL REFERENCES screening.customer_order ON DELETE CASCADE,
    line_no        integer NOT NULL,             -- from 1
    item_ref       text    NOT NULL DEFAULT '',
    name           text    NOT NULL DEFAULT '',
    unit_minor     bigint  NOT NULL,
    quantity       integer NOT NULL DEFAULT 1,
    discount_minor bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, line_no)
);

CREATE TABLE screening.fact (
    payment_id       bigint   NOT NULL PRIMARY KEY, -- harmonia.payment_transaction.id
    source           text     NOT NULL,          -- provider_slug of the payment
    feed_type        text     NOT NULL,          -- AUTH, SETTLED, REFUND
    external_id      text     NOT NULL,          -- transaction_id of the payment as it arrived
    batch_id         bigint   NOT NULL,          -- ops.import_batch: its close_seq orders history
    ruleset          text     NOT NULL,          -- who must approve it
    event_us         bigint   NOT NULL,          -- microseconds since 1970 UTC
    event_time_src   text     NOT NULL DEFAULT 'event'
                     CHECK (event_time_src IN ('event', 'received')),
    received_at      timestamptz NOT NULL DEFAULT now(),
    kind             text     NOT NULL,          -- purchase, refund, verification, payout, transfer
    method           text     NOT NULL DEFAULT '',
    method_type      text     NOT NULL DEFAULT '',
    amount_minor     bigint   NOT NULL,          -- without sign
    currency         text     NOT NULL,
    -- screening.card_ref; its writer sees to it: a foreign key would ask once a row
    card_id          bigint,
    order_id         bigint,
    customer         text,
    merchant         text,
    terminal         text,
    mcc              text,
    card_country     text,
    ip_country       text,
    merchant_country text,
    ship_country     text,
    ip               text,
    lat              integer,                    -- positions in 1e-6 degrees
    lon              integer,
    merchant_lat     integer,
    merchant_lon     integer,
    device           text,
    email_hash       text,
    channel          text,                       -- pos, ecom, moto, atm, recurring
    -- of the record as it came, without card data: tells a repetition from a conflict
    payload_sha256   bytea
);
CREATE INDEX fact_card ON screening.fact (card_id, event_us);
CREATE INDEX fact_customer ON screening.fact (customer, event_us);
CREATE INDEX fact_merchant ON screening.fact (merchant, event_us);
CREATE INDEX fact_terminal ON screening.fact (terminal, event_us);
CREATE INDEX fact_ip ON screening.fact (ip, event_us);
CREATE INDEX fact_time ON screening.fact (event_us);
-- Labels name payments as they came in. Sources are few, so their name need not be in it. At 1 M
-- rows 500 labels are found in 7 ms instead of 1 s; COPY of the facts takes an eighth longer.
CREATE INDEX fact_external ON screening.fact (external_id);

-- What waits for its first verdict: exactly the payments that are HELD. Two narrow tables, because
-- a row deleted and one inserted cost less than half of a fact written anew.
CREATE TABLE screening.waiting (
    payment_id bigint NOT NULL PRIMARY KEY,      -- screening.fact
    ruleset    text   NOT NULL                   -- of the fact
);

-- Where a payment that waits no more stands.
CREATE TABLE screening.standing (
    payment_id       bigint   NOT NULL PRIMARY KEY, -- screening.fact
    ruleset          text     NOT NULL,          -- of the fact
    stale            boolean  NOT NULL DEFAULT false, -- an earlier event came in after the verdict
    state_version    integer  NOT NULL,          -- of the payment's state; screening.state_log
    current_verdict  bigint,                     -- screening.verdict; null: the payment is VOID
    alert_state      text     NOT NULL DEFAULT 'none'
                     CHECK (alert_state IN ('none', 'queued', 'suppressed', 'sent', 'partial',
                         'dead'))
);
CREATE INDEX standing_stale ON screening.standing (ruleset) WHERE stale;

-- What was learnt later. Newest known_at wins, none is deleted.
CREATE TABLE screening.label (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL,
    label      text   NOT NULL CHECK (label IN ('fraud', 'genuine')),
    source     text   NOT NULL CHECK (source IN ('chargeback', 'dispute', 'analyst', 'dataset')),
    known_at   timestamptz NOT NULL,
    note       text   NOT NULL DEFAULT '',
    batch_id   bigint,                           -- of the import that brought it
    UNIQUE (payment_id, label, source, known_at)
);
