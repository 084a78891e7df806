-- What each scheme costs and keeps, over all variants: bits per weight and the spread of errors.
SELECT scheme, count(DISTINCT digest) AS artifacts, round(avg(bits_per_weight), 2) AS bits_per_weight,
    min(rel_rmse) AS least_rel_rmse, median(rel_rmse) AS median_rel_rmse, max(rel_rmse) AS greatest_rel_rmse
FROM (SELECT DISTINCT digest, scheme, bits_per_weight, rel_rmse FROM artifact_summary)
WHERE rel_rmse IS NOT NULL
GROUP BY scheme
ORDER BY bits_per_weight, median_rel_rmse, scheme;
