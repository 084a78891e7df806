-- Runs by the best value of a metric, with their parameters.
-- :metric  the metric, such as eval_loss
-- :limit   how many (default 15)
SELECT m.run, m.best, m.best_step, m.last, m.last_step, s.state,
    (SELECT group_concat(p.parameter || '=' || p.value, ' ')
     FROM (SELECT parameter, value FROM run_parameter_summary AS o WHERE o.run_id = m.run_id ORDER BY parameter LIMIT 12)
        AS p) AS parameters
FROM run_metric_summary AS m JOIN run_summary AS s ON s.run_id = m.run_id
WHERE m.metric = :metric
ORDER BY m.best IS NULL, CASE m.higher_is_better WHEN 1 THEN -m.best ELSE m.best END, m.run
LIMIT :limit;
