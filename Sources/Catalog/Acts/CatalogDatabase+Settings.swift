import GRDB

/// What the home's owner decided.
package enum HomeSetting: String, CaseIterable, Sendable {
    /// The most bytes that blobs may take in the store.
    case greatestByteCount = "max_bytes"
}

extension CatalogDatabase {
    /// A setting's value; nil where nothing was decided.
    package func value(of setting: HomeSetting) throws -> String? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT value FROM setting WHERE name = ?", arguments: [setting.rawValue])
        }
    }

    /// Decides on a setting; nil takes the decision back.
    package func set(_ setting: HomeSetting, to value: String?) throws {
        try write { database in
            guard let value else {
                return try database.run("DELETE FROM setting WHERE name = ?", [setting.rawValue])
            }
            // Not as an upsert: its way to deal with conflicts would hold in the trigger that notes stale manifests too,
            // which then fails where one is noted already.
            try database.run("UPDATE setting SET value = ? WHERE name = ?", [value, setting.rawValue])
            if database.changesCount == 0 {
                try database.run("INSERT INTO setting (name, value) VALUES (?, ?)", [setting.rawValue, value])
            }
        }
    }

    /// What the store holds, in numbers.
    package func storeCounts() throws -> StoreCounts {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT count(*) FROM artifact) AS artifacts, count(*) AS blobs,
                        coalesce(sum(stored_byte_count), 0) AS stored, coalesce(sum(byte_count), 0) AS bytes,
                        coalesce(sum(storage = 'evicted'), 0) AS evicted,
                        coalesce(sum(CASE WHEN storage = 'evicted' THEN byte_count END), 0) AS evicted_bytes,
                        coalesce(sum(storage = 'reference'), 0) AS referenced,
                        coalesce(sum(problem IS NOT NULL), 0) AS damaged,
                        coalesce(sum(verified_at IS NULL AND storage <> 'evicted'), 0) AS unverified,
                        min(CASE WHEN storage <> 'evicted' THEN verified_at END) AS oldest
                    FROM blob
                    """)
            guard let row else { throw ArtifactDraft.fault("the blobs cannot be counted") }
            return StoreCounts(
                artifacts: try row.integer("artifacts"), blobs: try row.integer("blobs"),
                storedByteCount: try row.integer("stored"), byteCount: try row.integer("bytes"),
                evictedBlobs: try row.integer("evicted"), evictedByteCount: try row.integer("evicted_bytes"),
                referencedBlobs: try row.integer("referenced"), damagedBlobs: try row.integer("damaged"),
                unverifiedBlobs: try row.integer("unverified"), oldestVerification: try row.optionalTimestamp("oldest"))
        }
    }

    /// The bytes that blobs take in the store.
    package func storedByteCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT coalesce(sum(stored_byte_count), 0) FROM blob") ?? 0 }
    }

    /// Whether some artifact has a file of this name and length: probably the same one.
    package func hasFile(path: String, byteCount: Int) throws -> Bool {
        try read { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM file WHERE byte_count = ? AND path = ?)",
                arguments: [byteCount, path]) ?? false
        }
    }
}

/// What the store holds, in numbers.
package struct StoreCounts: Equatable, Sendable {
    package let artifacts: Int
    package let blobs: Int
    /// In the store.
    package let storedByteCount: Int
    /// Of all blobs, wherever and however they lie.
    package let byteCount: Int
    package let evictedBlobs: Int
    package let evictedByteCount: Int
    package let referencedBlobs: Int
    package let damagedBlobs: Int
    package let unverifiedBlobs: Int
    /// When the blob was verified whose verification lies furthest back.
    package let oldestVerification: Timestamp?
}
