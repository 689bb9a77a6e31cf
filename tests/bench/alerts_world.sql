-- Alerts as declined payments raise them, each of a card of its own.
INSERT INTO screening.alert (id, kind, severity, at, source, labels, fingerprint, summary, details)
SELECT gen_random_uuid(), 'fraud.verdict', 'critical', now(), 'bench',
       jsonb_build_object('kind', 'fraud.verdict', 'outcome', 'declined', 'ruleset', 'cards',
           'card', lpad(to_hex(n), 16, '0'), 'merchant', 'shop-' || n % 50),
       encode(sha256(n::text::bytea), 'hex'),
       'declined ' || n || ': 84.00 EUR at shop-' || n % 50 || ', score 180',
       jsonb_build_object('explain', 'harmonia screen explain ' || n, 'score', 180,
           'hits', jsonb_build_array('velocity', 'far_away'))
FROM generate_series(1, :rows) n;
VACUUM (ANALYZE) screening.alert;
