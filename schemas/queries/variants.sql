-- What was made of a model, the smallest first: size, error and what it saves.
-- :name  the model's name without a tag
SELECT tag, kind, scheme, round(bits_per_weight, 2) AS bits_per_weight, round(rel_rmse, 5) AS rel_rmse,
    human_bytes(logical_bytes) AS size, human_bytes(unique_bytes) AS frees, created_at
FROM artifact_summary
WHERE name = :name
ORDER BY logical_bytes, tag;
