-- What the store takes, and what it would take without sharing and compression.
SELECT count(*) AS blobs, human_bytes(sum(stored_bytes)) AS stored, human_bytes(sum(bytes)) AS uncompressed,
    (SELECT human_bytes(sum(logical_bytes)) FROM (SELECT DISTINCT digest, logical_bytes FROM artifact_summary))
        AS as_files,
    sum(storage = 'coded') AS compressed_blobs, sum(base_digest IS NOT NULL) AS differences
FROM blob_summary;
