-- Which runs wrote an artifact, or what it was made from, and at which step.
-- :name  the artifact, such as tiny-llama, tiny-llama:nf4 or tiny-llama@v1
WITH RECURSIVE found (digest, distance) AS (
    SELECT digest, 0 FROM artifact_summary
    WHERE :name IN (name || ':' || tag, name || '@v' || version, CASE WHEN tag = 'latest' THEN name END)
    UNION
    SELECT l.parent_digest, f.distance + 1
    FROM found AS f JOIN lineage AS l ON l.child_digest = f.digest
    WHERE f.distance < 100)
SELECT c.artifact AS checkpoint, min(f.distance) AS steps_up, c.run, c.step, s.kind, s.state, s.started_at
FROM found AS f
JOIN run_checkpoint AS c ON c.digest = f.digest
JOIN run_summary AS s ON s.run_id = c.run_id
GROUP BY c.digest, c.run_id
ORDER BY steps_up, c.step DESC, c.run;
