-- What must be, loaded from the generator's truth files, and views that put it beside what is.
-- A check NAME compares the view expected_NAME with found_NAME, as multisets of rows.
DROP SCHEMA IF EXISTS quick_work CASCADE;
CREATE SCHEMA quick_work;

CREATE TABLE quick_work.truth (
    record bigint, line bigint, state text, code text, field text, provider text, feed_type text,
    transaction_id text, transaction_date timestamptz, spend_amount bigint, spend_currency text,
    payment_provider text, mid text, identified_by text, identifier text, settlement_key text,
    card_token text, first_six text, last_four text, auth_code text, approval_code text,
    points_amount bigint, merchant_identifier_id bigint, extra_fields jsonb, counterpart text,
    feed text
);
CREATE TABLE quick_work.pair (
    provider text, feed_type text, transaction_id text, merchant_transaction_id text
);
-- Bodies of the feeds that come through queues, where a record has no line.
CREATE TABLE quick_work.body (line bigint GENERATED ALWAYS AS IDENTITY, body text, feed text);
CREATE TABLE quick_work.queue_feed (feed text);
CREATE TABLE quick_work.export_line (line text);
CREATE TABLE quick_work.announced (id bigint);

CREATE VIEW quick_work.expected_payments AS
SELECT t.provider, t.feed_type, t.transaction_id, s.slug AS merchant,
       ARRAY[m.id] AS identifiers, t.mid, t.settlement_key,
       t.transaction_date, t.spend_amount, t.spend_currency, t.card_token,
       t.first_six, t.last_four, t.auth_code, t.approval_code, t.extra_fields
FROM quick_work.truth t
LEFT JOIN harmonia.payment_provider p ON p.slug = t.provider
LEFT JOIN harmonia.merchant_identifier m
       ON m.payment_provider_id = p.id AND m.identifier = t.identifier
      AND m.identifier_type::text = t.identified_by
LEFT JOIN harmonia.loyalty_scheme s ON s.id = m.loyalty_scheme_id
WHERE t.state = 'stored' AND t.feed_type <> 'MERCHANT';

CREATE VIEW quick_work.found_payments AS
SELECT provider_slug, feed_type::text, transaction_id, merchant_slug, merchant_identifier_ids, mid,
       settlement_key, transaction_date, spend_amount, spend_currency, card_token,
       first_six, last_four, auth_code, approval_code, extra_fields
FROM harmonia.payment_transaction WHERE provider_slug <> 'kasisto';

CREATE VIEW quick_work.expected_sales AS
SELECT provider, transaction_id, payment_provider, ARRAY[mid] AS mids, transaction_date,
       spend_amount, spend_currency, first_six, last_four, auth_code, extra_fields
FROM quick_work.truth WHERE state = 'stored' AND feed_type = 'MERCHANT';

CREATE VIEW quick_work.found_sales AS
SELECT provider_slug, transaction_id, payment_provider_slug, mids, transaction_date, spend_amount,
       spend_currency, first_six, last_four, auth_code, extra_fields
FROM harmonia.scheme_transaction WHERE payment_provider_slug <> 'kasisto';

-- Which payments were put aside, and that nothing else was.
CREATE VIEW quick_work.expected_unidentified AS
SELECT provider, feed_type, transaction_id FROM quick_work.truth WHERE state = 'unidentified';
CREATE VIEW quick_work.found_unidentified AS
SELECT provider_slug, feed_type::text, transaction_id
FROM harmonia.import_transaction WHERE NOT identified;

-- Of equal records the first was taken: duplicates are what these leave out.
CREATE VIEW quick_work.expected_first_copies AS
SELECT feed, record, transaction_id FROM quick_work.truth
WHERE state IN ('stored', 'unidentified') AND feed NOT IN (SELECT feed FROM quick_work.queue_feed);
CREATE VIEW quick_work.found_first_copies AS
SELECT b.feed, i.record_no, i.transaction_id
FROM harmonia.import_transaction i JOIN ops.import_batch b ON b.id = i.batch_id
WHERE b.feed NOT IN (SELECT feed FROM quick_work.queue_feed) AND b.source NOT LIKE 'AMQP:%';

CREATE VIEW quick_work.expected_rejected_lines AS
SELECT feed, line, code FROM quick_work.truth
WHERE state = 'rejected' AND feed NOT IN (SELECT feed FROM quick_work.queue_feed);
CREATE VIEW quick_work.found_rejected_lines AS
SELECT feed, line_no, code FROM ops.reject
WHERE feed NOT IN (SELECT feed FROM quick_work.queue_feed);

CREATE VIEW quick_work.expected_dead_letters AS
SELECT t.feed, b.body, t.code
FROM quick_work.truth t JOIN quick_work.body b ON b.feed = t.feed AND b.line = t.line
WHERE t.state = 'rejected';
CREATE VIEW quick_work.found_dead_letters AS
SELECT feed, convert_from(body, 'UTF8'), code FROM ops.dead_letter;

CREATE VIEW quick_work.expected_pairs AS TABLE quick_work.pair;
CREATE VIEW quick_work.found_pairs AS
SELECT p.provider_slug, p.feed_type::text, p.transaction_id, s.transaction_id AS sale
FROM harmonia.matched_transaction m
JOIN harmonia.payment_transaction p ON p.id = m.payment_transaction_id
JOIN harmonia.scheme_transaction s ON s.id = m.scheme_transaction_id
WHERE p.provider_slug <> 'kasisto';

-- Both sides say of themselves that they were matched, and no one else does.
CREATE VIEW quick_work.expected_marked AS
SELECT provider, transaction_id FROM quick_work.pair
UNION ALL SELECT 'iceland-bonus-card', merchant_transaction_id FROM quick_work.pair;
CREATE VIEW quick_work.found_marked AS
SELECT provider_slug, transaction_id FROM harmonia.payment_transaction
WHERE status = 'MATCHED' AND provider_slug <> 'kasisto'
UNION ALL SELECT provider_slug, transaction_id FROM harmonia.scheme_transaction
WHERE status = 'MATCHED' AND payment_provider_slug <> 'kasisto';

-- The file told the merchant of each match once.
CREATE VIEW quick_work.expected_exported AS
SELECT merchant_transaction_id AS transaction_id FROM quick_work.pair;
CREATE VIEW quick_work.found_exported AS
SELECT split_part(line, ',', 1) FROM quick_work.export_line;

-- The queue told of each match once, the 2018 one included.
CREATE VIEW quick_work.expected_announced AS SELECT id FROM harmonia.matched_transaction;
CREATE VIEW quick_work.found_announced AS TABLE quick_work.announced;
