-- Artifacts that a text is found in: names, facts, notes, model cards and tensor names.
-- :text   words as FTS5 takes them, such as story* or "q_proj"
-- :limit  how many (default 20)
SELECT l.artifact, snippet(artifact_search, -1, '', '', '...', 12) AS found, round(s.rank, 6) AS rank
FROM artifact_search AS s JOIN artifact_label AS l ON l.digest = s.digest
WHERE artifact_search MATCH :text
ORDER BY s.rank, l.artifact
LIMIT :limit;
