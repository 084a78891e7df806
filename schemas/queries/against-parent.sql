-- Each result of a variant beside its parent's, the greatest change first.
-- :metric  the metric, such as acc (default %: any)
SELECT l.child AS variant, l.parent, c.task, c.metric, p.value AS parent_value, c.value AS variant_value,
    c.value - p.value AS difference, 100.0 * (c.value - p.value) / nullif(abs(p.value), 0) AS percent
FROM lineage AS l
JOIN result_summary AS c ON c.digest = l.child_digest
JOIN result_summary AS p ON p.digest = l.parent_digest AND p.metric = c.metric AND p.task IS c.task
WHERE l.role = 'base' AND c.metric LIKE :metric
ORDER BY abs(percent) DESC, variant, c.task, c.metric;
