-- What a rule read is written once and read by people: kept as it was given, it costs less to store
-- than taken apart.
ALTER TABLE screening.verdict_hit
    ALTER COLUMN inputs DROP DEFAULT,
    ALTER COLUMN inputs TYPE json,
    ALTER COLUMN inputs SET DEFAULT '{}';
