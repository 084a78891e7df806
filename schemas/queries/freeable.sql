-- What removing each artifact would free, the most first.
-- :limit  how many (default 20)
SELECT DISTINCT name, tag, kind, scheme, human_bytes(unique_bytes) AS frees, human_bytes(logical_bytes) AS size
FROM artifact_summary
ORDER BY unique_bytes DESC, name, tag
LIMIT :limit;
