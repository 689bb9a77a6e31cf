-- :rows held payments over 90 days: cards, customers, shops, addresses and devices that recur,
-- bursts on one card, tiny and round amounts, a hundredth labelled fraud. No chance: hashes of the
-- number.
BEGIN;
INSERT INTO ops.import_batch (feed, source, match_group, state, close_seq, closed_at)
VALUES ('bench', 'bench', repeat('0', 32), 'loaded', nextval('ops.close_seq'), now());
INSERT INTO screening.card_ref (key_id, pan_hmac, first_n, last4, pan_len)
SELECT 1, sha256(convert_to('card ' || i, 'UTF8')), '411111', lpad((i % 10000)::text, 4, '0'), 16
FROM generate_series(1, :rows / 10) i;
INSERT INTO screening.value_list (name, key, created_by)
VALUES ('stop_cards', 'card', 'bench'), ('vip', 'customer', 'bench');
INSERT INTO screening.value_list_entry (list, value, added_by, revision)
SELECT 'stop_cards', encode(pan_hmac, 'hex'), 'bench', 0 FROM screening.card_ref
WHERE id % 1000 = 7 UNION ALL SELECT 'vip', 'c' || i, 'bench', 0 FROM generate_series(1, 50) i;
CREATE TEMP TABLE made AS
SELECT i, hashint8(i)::bigint + 2147483648 AS h, hashint8(i * 31 + 7)::bigint + 2147483648 AS g,
       extract(epoch FROM timestamptz '2026-01-01Z')::bigint * 1000000
           + i * (90::bigint * 86400 * 1000000 / :rows) + i % 997 AS event_us
FROM generate_series(1::bigint, :rows) i;
INSERT INTO harmonia.payment_transaction (provider_slug, feed_type, transaction_id, merchant_slug,
       merchant_identifier_ids, mid, transaction_date, spend_amount, spend_currency, card_token,
       batch_id, record_no, screen)
SELECT 'bench', 'AUTH', 't' || i, 'bench', '{}', 'm', to_timestamp(event_us / 1000000.0), 1, 'EUR',
       '', b.id, i, 'HELD'
FROM made, ops.import_batch b WHERE b.feed = 'bench' ORDER BY i;
INSERT INTO screening.fact (payment_id, source, feed_type, external_id, batch_id, ruleset, event_us,
       kind, method, amount_minor, currency, card_id, customer, merchant, terminal, mcc,
       card_country, ip_country, ip, lat, lon, device, channel)
SELECT p.id, 'bench', 'AUTH', p.transaction_id, p.batch_id, 'cards', m.event_us, 'purchase', 'card',
       CASE WHEN h % 33 = 0 THEN 100 + h % 100 WHEN h % 501 = 0 THEN 900000 + h % 99999
            ELSE 500 + g % 60000 END, 'EUR',
       CASE WHEN i % 200 < 5 THEN 1 + i / 200 % (:rows / 10) ELSE 1 + h % (:rows / 10) END,
       'c' || h % (:rows / 15), 'm' || g % 2000, 't' || g % 5000,
       CASE WHEN h % 50 = 0 THEN '6051' ELSE '5411' END, 'DE',
       CASE WHEN g % 40 = 0 THEN 'US' ELSE 'DE' END, '10.' || h % 256 || '.' || g % 200 || '.1',
       CASE WHEN g % 3 = 0 THEN (40 + h % 20) * 1000000 END,
       CASE WHEN g % 3 = 0 THEN (h % 10) * 1000000 END, 'd' || h % (:rows / 12),
       CASE WHEN g % 3 = 0 THEN 'pos' ELSE 'ecom' END
FROM made m JOIN harmonia.payment_transaction p ON p.record_no = m.i ORDER BY m.i;
INSERT INTO screening.waiting (payment_id, ruleset, event_us, batch_id)
SELECT payment_id, ruleset, event_us, batch_id FROM screening.fact;
INSERT INTO screening.label (payment_id, label, source, known_at)
SELECT payment_id, 'fraud', 'chargeback',
       to_timestamp(event_us / 1000000.0) + interval '10 days'
FROM screening.fact WHERE payment_id % 100 = 3;
COMMIT;
