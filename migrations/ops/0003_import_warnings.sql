-- What an import let in although something about it was odd: code → records.
ALTER TABLE ops.import_batch ADD COLUMN warnings jsonb NOT NULL DEFAULT '{}';
