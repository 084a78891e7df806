-- Tensors that several artifacts hold and the store keeps once, what saves most first.
-- :limit  how many (default 20)
SELECT min(name) AS name, count(DISTINCT artifact_digest) AS artifacts,
    human_bytes(min(bytes) * (count(DISTINCT artifact_digest) - 1)) AS saves, digest
FROM tensor_summary
GROUP BY digest
HAVING artifacts > 1
ORDER BY min(bytes) * (artifacts - 1) DESC, digest
LIMIT :limit;
