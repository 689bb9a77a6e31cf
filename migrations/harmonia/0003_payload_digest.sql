-- Tells a repetition from a conflict: SHA-256 of the record as it may be stored (without card
-- data). Null where the feed's sink takes whatever has a known id for a repetition.
ALTER TABLE harmonia.import_transaction ADD COLUMN payload_sha256 bytea;
