-- How well the error of weights tells what a metric does: the correlation of both over all variants.
-- :metric  the metric, such as ppl
SELECT r.task, count(*) AS variants, round(corr(a.rel_rmse, r.value), 4) AS correlation
FROM (SELECT DISTINCT digest, rel_rmse FROM artifact_summary) AS a
JOIN result_summary AS r ON r.digest = a.digest
WHERE r.metric = :metric AND a.rel_rmse IS NOT NULL
GROUP BY r.task
ORDER BY r.task;
