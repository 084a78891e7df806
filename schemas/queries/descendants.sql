-- All that was made of some bytes, directly or not.
-- :name  the artifact, such as tiny-llama, tiny-llama:nf4 or tiny-llama@v1
WITH RECURSIVE found (digest, distance) AS (
    SELECT digest, 0 FROM artifact_summary
    WHERE :name IN (name || ':' || tag, name || '@v' || version, CASE WHEN tag = 'latest' THEN name END)
    UNION
    SELECT l.child_digest, f.distance + 1
    FROM found AS f JOIN lineage AS l ON l.parent_digest = f.digest
    WHERE f.distance < 100)
SELECT a.name, a.tag, a.kind, a.scheme, min(f.distance) AS steps, a.rel_rmse
FROM found AS f JOIN artifact_summary AS a ON a.digest = f.digest
WHERE f.distance > 0
GROUP BY a.name, a.tag
ORDER BY steps, a.name, a.tag;
