-- Which keys of the outbox wait for their time: asked once a claim, and nearly always none.
CREATE INDEX outbox_held ON ops.outbox (lane, key, id) WHERE not_before IS NOT NULL;
