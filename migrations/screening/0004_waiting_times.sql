-- What a run chooses by lies beside what waits: choosing reads no facts then.
ALTER TABLE screening.waiting
    ADD COLUMN event_us bigint, -- of the fact
    ADD COLUMN batch_id bigint; -- of the fact
UPDATE screening.waiting w SET event_us = f.event_us, batch_id = f.batch_id
  FROM screening.fact f WHERE f.payment_id = w.payment_id;
ALTER TABLE screening.waiting
    ALTER COLUMN event_us SET NOT NULL,
    ALTER COLUMN batch_id SET NOT NULL;
