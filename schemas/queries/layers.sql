-- Error by layer of a variant, as percentiles over the layer's tensors.
-- :name  the variant, such as tiny-llama:nf4
WITH numbered AS (
    SELECT rel_rmse, substr(name, instr(name, 'layers.') + 7) AS rest
    FROM tensor_summary
    WHERE artifact = :name AND rel_rmse IS NOT NULL AND instr(name, 'layers.') > 0)
SELECT CAST(substr(rest, 1, instr(rest, '.') - 1) AS INTEGER) AS layer, count(*) AS tensors,
    round(percentile(rel_rmse, 10), 5) AS p10, round(median(rel_rmse), 5) AS median,
    round(percentile(rel_rmse, 90), 5) AS p90, round(max(rel_rmse), 5) AS greatest
FROM numbered
GROUP BY layer
ORDER BY layer;
