-- Blobs whose bytes were not found right for longest, and those that are damaged.
-- :limit  how many (default 20)
SELECT digest, human_bytes(stored_bytes) AS size, storage, verified_at, problem
FROM blob_summary
WHERE storage <> 'evicted'
ORDER BY problem IS NULL, verified_at IS NOT NULL, verified_at, stored_bytes DESC, digest
LIMIT :limit;
