-- The results of a model's variants, metric by metric, the best first.
-- :name    the model's name without a tag
-- :metric  the metric, such as acc (default %: any)
SELECT r.task, r.metric, a.tag, a.scheme, r.value, r.stderr, r.unit, r.tool, r.time
FROM artifact_summary AS a JOIN result_summary AS r ON r.digest = a.digest
WHERE a.name = :name AND a.tag IS NOT NULL AND r.metric LIKE :metric
ORDER BY r.task, r.metric, CASE r.higher_is_better WHEN 1 THEN -r.value ELSE r.value END, a.tag;
