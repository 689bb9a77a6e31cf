-- The four baselines in one statement of window functions, written apart from the engine: what a
-- back-test of hb1.yaml … hb-score.yaml must count. Reads
--   history(number bigint, event_us bigint, customer text, terminal text, amount_minor bigint,
--           fraud boolean)
-- with labels known when they happened. Windows are closed on both sides; HB3's lies 7 to 35 days
-- back.
WITH features AS (
    SELECT number, amount_minor, fraud,
           count(*) OVER month - 1                 AS customer_rows,
           sum(amount_minor) OVER month - amount_minor AS customer_sum,
           count(*) FILTER (WHERE fraud) OVER labels AS terminal_frauds,
           count(*) OVER day                       AS customer_day
      FROM history
    WINDOW month AS (PARTITION BY customer ORDER BY event_us
                     RANGE BETWEEN 2592000000000 PRECEDING AND CURRENT ROW),
           day AS (PARTITION BY customer ORDER BY event_us
                   RANGE BETWEEN 86400000000 PRECEDING AND CURRENT ROW),
           labels AS (PARTITION BY terminal ORDER BY event_us
                      RANGE BETWEEN 3024000000000 PRECEDING AND 604800000000 PRECEDING)
), said AS (
    SELECT amount_minor, fraud,
           amount_minor > 22000 AS hb1,
           customer_rows >= 5 AND amount_minor * customer_rows > 3 * customer_sum AS hb2,
           terminal_frauds >= 3 AS hb3,
           customer_day >= 9 AS hb4
      FROM features
), positive AS (
    SELECT rule, amount_minor, fraud, hit
      FROM said, LATERAL (VALUES
          ('hb1', hb1), ('hb2', hb2), ('hb3', hb3), ('hb4', hb4), ('hb-any', hb1 OR hb2 OR hb3),
          ('hb-score', 60 * hb1::int + 35 * hb2::int + 50 * hb3::int + 10 * hb4::int >= 60)
      ) AS rules (rule, hit)
)
SELECT rule,
       count(*) FILTER (WHERE hit)                        AS hits,
       count(*) FILTER (WHERE hit AND fraud)              AS true_positive,
       count(*) FILTER (WHERE hit AND NOT fraud)          AS false_positive,
       count(*) FILTER (WHERE NOT hit AND fraud)          AS false_negative,
       coalesce(sum(amount_minor) FILTER (WHERE hit AND fraud), 0) AS caught_minor
  FROM positive
 GROUP BY rule
 ORDER BY rule;
