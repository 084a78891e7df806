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

    /// How far the files of a run were read, by path, each in its latest state.
    package func sources(ofRunFrom origin: String) throws -> (name: String, sources: [String: RunDraft.Source])? {
        try read { database in
            let run = try Row.fetchOne(database, sql: "SELECT id, name FROM run WHERE origin = ?", arguments: [origin])
            guard let run else { return nil }
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM run_source WHERE run_id = ? ORDER BY id",
                arguments: [try run.integer("id")])
            var sources: [String: RunDraft.Source] = [:]
            for row in rows { sources[try row.text("path")] = try RunDraft.Source(row) }
            return (try run.text("name"), sources)
        }
    }

    /// The run that was read from a file with these very bytes, and how far.
    package func run(readFrom digest: Digest) throws -> (name: String, origin: String)? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT r.name, r.origin FROM run_source AS s JOIN run AS r ON r.id = s.run_id
                    WHERE s.digest = ? ORDER BY r.id LIMIT 1
                    """, arguments: [digest.hex]
            ).map { (try $0.text("name"), try $0.text("origin")) }
        }
    }
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
