-- Variants that came from a checkpoint with a license, directly or not.
-- :license  the license as the card says it, such as apache-2.0; % stands for any characters
WITH RECURSIVE found (digest, root, distance) AS (
    SELECT digest, name, 0 FROM artifact_summary WHERE kind = 'checkpoint' AND license LIKE :license
    UNION
    SELECT l.child_digest, f.root, f.distance + 1
    FROM found AS f JOIN lineage AS l ON l.parent_digest = f.digest
    WHERE f.distance < 100)
SELECT a.name, a.tag, a.kind, a.scheme, f.root AS checkpoint, min(f.distance) AS steps
FROM found AS f JOIN artifact_summary AS a ON a.digest = f.digest
WHERE f.distance > 0
GROUP BY a.name, a.tag, f.root
ORDER BY f.root, a.name, a.tag;
