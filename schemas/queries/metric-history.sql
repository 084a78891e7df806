-- What a run logged of a metric, step by step.
-- :run     the run's name
-- :metric  the metric, such as loss
-- :limit   how many values, the first ones (default 1000)
SELECT step, sequence, value, seconds
FROM metric_history
WHERE run = :run AND metric = :metric
ORDER BY step, sequence
LIMIT :limit;
