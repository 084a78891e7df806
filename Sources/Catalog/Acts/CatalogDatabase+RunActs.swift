package import Bytes
import GRDB

extension CatalogDatabase {
    /// Records what was read of training logs, all or nothing, in one transaction.
    package func record(_ pieces: [RunPiece]) throws -> [RunOutcome] {
        try writeAlone { database in
            var writer = try RunWriter(database, now: .now())
            return try pieces.map { try writer.write($0) }
        }
    }

    /// Says that a run wrote an artifact, at a step if it is known.
    package func link(_ runID: Int64, to artifact: Digest, step: Int64?) throws {
        try writeAlone { database in
            try RunWriter.link(database, runID, to: artifact, step: step)
        }
    }

    /// Takes back what `link` said. Returns whether it had been said.
    package func unlink(_ runID: Int64, from artifact: Digest) throws -> Bool {
        try writeAlone { database in
            try database.run(
                "DELETE FROM run_artifact WHERE run_id = ? AND artifact_digest = ?", [runID, artifact.hex])
            return database.changesCount > 0
        }
    }

    /// Forgets runs with all their values; their logs stay where they are.
    package func forgetRuns(_ runIDs: [Int64]) throws {
        try writeAlone { database in
            for runID in runIDs { try database.run("DELETE FROM run WHERE id = ?", [runID]) }
            try database.execute(
                sql: "DELETE FROM metric WHERE NOT EXISTS (SELECT 1 FROM series AS s WHERE s.metric_id = metric.id)")
        }
    }

    /// The runs that were made from logs, by the logs' origins.
    package func runs(from origins: some Sequence<String>) throws -> [String: KnownRun] {
        try read { database in
            let find = try database.cachedStatement(sql: "SELECT id, name FROM run WHERE origin = ?")
            let files = try database.cachedStatement(sql: "SELECT * FROM run_source WHERE run_id = ? ORDER BY id")
            var known: [String: KnownRun] = [:]
            for origin in origins {
                guard let run = try Row.fetchOne(find, arguments: [origin]) else { continue }
                var sources: [String: RunDraft.Source] = [:]
                for row in try Row.fetchAll(files, arguments: [try run.integer("id")]) {
                    sources[try row.text("path")] = try RunDraft.Source(row)
                }
                known[origin] = KnownRun(name: try run.text("name"), sources: sources)
            }
            return known
        }
    }

    /// The origins of the runs that were read from files with these very bytes; of several, of the oldest.
    package func origins(ofRunsReadFrom digests: some Sequence<Digest>) throws -> [Digest: String] {
        try read { database in
            let find = try database.cachedStatement(
                sql: """
                    SELECT r.origin FROM run_source AS s JOIN run AS r ON r.id = s.run_id
                    WHERE s.digest = ? ORDER BY r.id LIMIT 1
                    """)
            var origins: [Digest: String] = [:]
            for digest in digests { origins[digest] = try String.fetchOne(find, arguments: [digest.hex]) }
            return origins
        }
    }
}

/// A run that is in the catalog.
package struct KnownRun: Sendable {
    package let name: String
    /// How far its files were read, by path, each in its latest state.
    package let sources: [String: RunDraft.Source]
}

extension RunDraft.Source {
    init(_ row: Row) throws {
        let digest = try row.optionalDigest("read_digest")
        let byteCount = try row.optional("read_byte_count", as: Int.self)
        self.init(
            path: try row.text("path"), digest: try row.optionalDigest("digest"),
            position: byteCount.flatMap { count in digest.map { .init(byteCount: count, digest: $0) } },
            lastStep: try row.optional("last_step"))
    }
}
