-- Rule sets, lists, runs, verdicts and what people decide: everything that `screen` keeps.
-- What is append-only (rule_activation, verdict, verdict_hit, state_log) refuses UPDATE, and DELETE
-- unless it is retention's: whoever owns the tables is not meant to be who runs `screen`.

-- One number for all that a run reads beside facts and labels (lists, suppressions, rates). A
-- change takes the next one under this row's lock, so numbers rise in commit order; a run pins one.
CREATE TABLE screening.list_revision (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint  NOT NULL
);
INSERT INTO screening.list_revision (revision) VALUES (0);

-- A version of a rule set: its text never changes, only how far it has come.
CREATE TABLE screening.rule_set (
    name         text    NOT NULL,
    version      integer NOT NULL,               -- from 1
    digest       text    NOT NULL,               -- SHA-256 of the parsed document, 64 hex digits
    yaml         text    NOT NULL,
    status       text    NOT NULL DEFAULT 'draft'
                 CHECK (status IN ('draft', 'approved', 'live', 'retired')),
    submitted_by text    NOT NULL,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    approved_by  text,
    approved_at  timestamptz,
    note         text    NOT NULL DEFAULT '',
    lookback_us  bigint  NOT NULL,               -- its longest window + lag: history it needs
    PRIMARY KEY (name, version)
);
CREATE UNIQUE INDEX rule_set_live ON screening.rule_set (name) WHERE status = 'live';

-- Which version judged from when on; the newest of a name is the live one.
CREATE TABLE screening.rule_activation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ruleset      text    NOT NULL,
    version      integer NOT NULL,
    cause        text    NOT NULL CHECK (cause IN ('activate', 'rollback')),
    activated_by text    NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT now(),
    note         text    NOT NULL DEFAULT '',
    FOREIGN KEY (ruleset, version) REFERENCES screening.rule_set (name, version)
);
CREATE INDEX rule_activation_name ON screening.rule_activation (ruleset, id);

-- A candidate judged beside the live version, without consequence.
CREATE TABLE screening.rule_shadow (
    ruleset    text    NOT NULL,
    version    integer NOT NULL,
    until      timestamptz NOT NULL,
    started_by text    NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ruleset, version),
    FOREIGN KEY (ruleset, version) REFERENCES screening.rule_set (name, version)
);

CREATE TABLE screening.value_list (
    name       text PRIMARY KEY,
    key        text NOT NULL,                    -- card, customer, mcc, country, …
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- An entry counts in a run whose pinned revision is in [revision, removed_revision), for events in
-- [starts_at, expires_at). A card is its keyed hash, 64 hex digits.
CREATE TABLE screening.value_list_entry (
    list       text   NOT NULL REFERENCES screening.value_list,
    value      text   NOT NULL,
    added_by   text   NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT now(),
    reason     text   NOT NULL DEFAULT '',
    starts_at  timestamptz,
    expires_at timestamptz,
    revision   bigint NOT NULL,
    removed_revision bigint,
    removed_by text,
    PRIMARY KEY (list, value, revision)
);
CREATE UNIQUE INDEX value_list_entry_standing ON screening.value_list_entry (list, value)
    WHERE removed_revision IS NULL;

-- Hits of a rule (or of all, `*`) on one key's value that shall have no consequence for a while.
CREATE TABLE screening.suppression (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ruleset    text   NOT NULL,
    rule_id    text   NOT NULL,
    key        text   NOT NULL,
    value      text   NOT NULL,
    starts_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    created_by text   NOT NULL,
    reason     text   NOT NULL,
    revision   bigint NOT NULL,
    ended_revision bigint,
    CHECK (expires_at > starts_at)
);
CREATE INDEX suppression_ruleset ON screening.suppression (ruleset, expires_at);

-- The newest revision of the newest day up to an event's date is its rate.
CREATE TABLE screening.fx_rate (
    from_currency text    NOT NULL,
    to_currency   text    NOT NULL,
    day           date    NOT NULL,
    rate          numeric NOT NULL CHECK (rate > 0),
    revision      bigint  NOT NULL,
    PRIMARY KEY (from_currency, to_currency, day, revision)
);

-- Verdicts are a function of a run's pins: cut_seq (facts of batches closed up to it),
-- list_revision, label_asof (labels known by then), and the verdicts of runs with a smaller id. A
-- run that was killed keeps its pins; the next one of the same rule set finishes it.
CREATE TABLE screening.screen_run (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id        uuid    NOT NULL,              -- ops.job_run, of the last one that worked at it
    mode          text    NOT NULL CHECK (mode IN ('live', 'shadow', 'rescreen')),
    ruleset       text    NOT NULL,
    version       integer NOT NULL,
    digest        text    NOT NULL,              -- of the rule set
    list_revision bigint  NOT NULL,
    cut_seq       bigint  NOT NULL,
    label_asof    timestamptz NOT NULL,
    event_until   bigint  NOT NULL,              -- microseconds: later events wait (--settle)
    engine        text    NOT NULL CHECK (engine IN ('scan', 'probe', 'sql')),
    rows          bigint  NOT NULL DEFAULT 0,
    approved      bigint  NOT NULL DEFAULT 0,
    review        bigint  NOT NULL DEFAULT 0,
    declined      bigint  NOT NULL DEFAULT 0,
    stale_marked  bigint  NOT NULL DEFAULT 0,
    last_event_us bigint  NOT NULL DEFAULT 0,    -- greatest event time judged so far
    unknowns      jsonb   NOT NULL DEFAULT '{}', -- rule: how often it could not be told
    host          text    NOT NULL,
    started_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,                   -- null: running, or to be finished
    outcome       text                           -- done, failed or superseded
);
CREATE INDEX screen_run_ruleset ON screening.screen_run (ruleset, id);
CREATE INDEX screen_run_open ON screening.screen_run (ruleset) WHERE ended_at IS NULL;

-- A chunk of verdicts takes its ids at once.
CREATE SEQUENCE screening.verdict_id INCREMENT BY 50000;

CREATE TABLE screening.verdict (
    id         bigint   NOT NULL PRIMARY KEY,
    payment_id bigint   NOT NULL,
    run        bigint   NOT NULL,                -- screening.screen_run
    ruleset    text     NOT NULL,
    version    integer  NOT NULL,
    rev        integer  NOT NULL,                -- from 1
    is_shadow  boolean  NOT NULL,
    outcome    text     NOT NULL CHECK (outcome IN ('approved', 'review', 'declined')),
    score      integer  NOT NULL,
    decided_by text     NOT NULL,
    override   text,
    digest     bytea    NOT NULL,                -- SHA-256 of the judgement, without ids and clocks
    decided_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT verdict_once UNIQUE (payment_id, ruleset, rev, is_shadow)
);

CREATE TABLE screening.verdict_hit (
    decided_at    timestamptz NOT NULL DEFAULT now(),
    verdict_id    bigint  NOT NULL,
    position      integer NOT NULL,              -- from 0, in the order of the rule set
    rule_id       text    NOT NULL,
    score         integer NOT NULL,
    action        text    NOT NULL,              -- block, allow, hold, tag or score
    is_shadow     boolean NOT NULL,              -- the rule's own mode
    suppressed_by text,
    reason        text    NOT NULL,
    inputs        jsonb   NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (decided_at);
CREATE INDEX verdict_hit_verdict ON screening.verdict_hit (verdict_id);

-- What a person must look at. A decided item stays as the record of who decided what, and why.
CREATE TABLE screening.review_item (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id bigint NOT NULL,
    verdict_id bigint,
    queue      text   NOT NULL,
    opened_at  timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL,
    assignee   text,
    decision   text CHECK (decision IN ('approved', 'declined', 'override', 'rescreened',
                   'void')),
    decided_by text,
    decided_at timestamptz,
    reason     text
);
CREATE UNIQUE INDEX review_item_open ON screening.review_item (payment_id)
    WHERE decided_at IS NULL;
CREATE INDEX review_item_due ON screening.review_item (queue, due_at) WHERE decided_at IS NULL;

CREATE TABLE screening.state_log (
    at            timestamptz NOT NULL DEFAULT now(),
    payment_id    bigint  NOT NULL,
    state_version integer NOT NULL,              -- after the change
    from_state    text    NOT NULL,
    to_state      text    NOT NULL,
    actor         text    NOT NULL,              -- screen, or who typed the command
    cause         text    NOT NULL,
    verdict_id    bigint
) PARTITION BY RANGE (at);
CREATE INDEX state_log_payment ON screening.state_log (payment_id);

CREATE INDEX card_alias_same_as ON screening.card_alias (same_as);

INSERT INTO ops.partition_policy (parent, step, ahead) VALUES
    ('screening.verdict_hit', 'month', '40 days'), ('screening.state_log', 'month', '40 days');

CREATE FUNCTION screening.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'HA001';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON screening.rule_activation
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE ON screening.verdict
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE ON screening.verdict_hit
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE ON screening.state_log
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON screening.rule_activation
    FOR EACH STATEMENT EXECUTE FUNCTION screening.refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON screening.rule_activation, screening.verdict,
    screening.verdict_hit, screening.state_log FROM PUBLIC;
