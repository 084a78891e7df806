package import Bytes
import GRDB

/// An act that stores bytes: what it does, who does it, and how far it is.
package struct JobRecord: Equatable, Sendable {
    package enum State: String, Sendable {
        case running, done, failed
        /// Its process went away before it ended.
        case interrupted
    }

    package let id: Int64
    /// Such as `register`.
    package let verb: String
    /// What it works on: equal for the same work, so that a later job can go on.
    package let subject: String
    package let process: ProcessIdentity
    package let startedAt: Timestamp
    package let finishedAt: Timestamp?
    package let state: State
}

extension CatalogDatabase {
    /// How long the blobs of an interrupted job wait for someone to go on with it: a week.
    package static let secondsUntilExpiry = 7 * 86_400

    /// Writes down that this process begins an act.
    /// - Returns: the job's number.
    package func beginJob(
        _ verb: String, subject: String, process: ProcessIdentity = .current(), at now: Timestamp = .now()
    ) throws -> Int64 {
        try write { database in
            try database.insert(
                """
                INSERT INTO job (verb, subject, process_id, process_started, host, started_at, state)
                VALUES (?, ?, ?, ?, ?, ?, 'running')
                """, [verb, subject, process.number, process.started, process.host, now.text])
        }
    }

    /// Keeps blobs from being removed while `job` runs: those it has made, before it renames them into the store, and
    /// those it counts on, before it looks whether they are there.
    ///
    /// Costs a transaction, but no wait for the disk; pin many at once.
    package func pin(_ digests: some Sequence<Digest>, for job: Int64) throws {
        try writeQuickly { database in
            for digest in digests {
                try database.run(
                    "INSERT OR IGNORE INTO job_blob (job_id, digest) VALUES (?, ?)", [job, digest.hex])
            }
        }
    }

    /// Ends a job and drops its pins.
    /// - Returns: what it had pinned and nothing names; their files go with the next `sweepRemovals`.
    @discardableResult package func finishJob(
        _ job: Int64, as state: JobRecord.State, at now: Timestamp = .now()
    ) throws -> [Digest] {
        precondition(state != .running, "a job cannot end as running")
        return try write { try JobWriter(database: $0).finish(job, as: state, at: now) }
    }

    /// Passes the pins of jobs that were killed at the same work on to `job`.
    /// - Returns: everything that `job` has pinned now: blobs it need not store again.
    package func adoptPins(for job: Int64, at now: Timestamp = .now()) throws -> [Digest] {
        try write { database in
            for other in try JobWriter(database: database).unfinished(likeJob: job)
            where other.process.state == .gone {
                try database.run("UPDATE OR IGNORE job_blob SET job_id = ? WHERE job_id = ?", [job, other.id])
                try database.run("DELETE FROM job_blob WHERE job_id = ?", [other.id])
                try database.run(
                    "UPDATE job SET state = 'interrupted', finished_at = ? WHERE id = ?", [now.text, other.id])
            }
            return try String.fetchAll(
                database, sql: "SELECT digest FROM job_blob WHERE job_id = ? ORDER BY digest", arguments: [job]
            ).compactMap { Digest(hex: $0) }
        }
    }

    /// Jobs that are written down as running although their process has gone, oldest first.
    package func interruptedJobs() throws -> [JobRecord] {
        try runningJobs().filter { $0.process.state == .gone }
    }

    /// The jobs whose work was not ended: they run, or their process went away.
    package func unfinishedJobs() throws -> [Int64] {
        try read { try Int64.fetchAll($0, sql: "SELECT id FROM job WHERE state IN ('running', 'interrupted')") }
    }

    /// The jobs at the same work as `job` whose process went away before they ended, newest first.
    package func interruptedJobs(likeJob job: Int64) throws -> [Int64] {
        try read { database in
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT o.id FROM job AS j JOIN job AS o ON o.verb = j.verb AND o.subject = j.subject
                    WHERE j.id = ? AND o.id <> j.id AND o.state = 'interrupted' ORDER BY o.id DESC
                    """, arguments: [job])
        }
    }

    /// Jobs that are written down as running, oldest first.
    package func runningJobs() throws -> [JobRecord] {
        try read { try JobRecord.fetchAll($0, sql: "SELECT * FROM job WHERE state = 'running' ORDER BY id") }
    }

    /// Ends jobs that began more than a week ago and run no longer, or nobody can tell.
    /// - Returns: what they had pinned and nothing names; their files go with the next `sweepRemovals`.
    @discardableResult package func expireJobs(at now: Timestamp = .now()) throws -> [Digest] {
        let limit = now.earlier(bySeconds: Self.secondsUntilExpiry)
        let expired = try runningJobs().filter { $0.startedAt < limit && $0.process.state != .running }
        guard !expired.isEmpty else { return [] }
        return try write { database in
            try expired.flatMap { try JobWriter(database: database).finish($0.id, as: .interrupted, at: now) }
        }
    }

    /// Everything that running jobs have pinned: files that are explained although no artifact names them.
    package func pinnedDigests() throws -> Set<Digest> {
        try read { database in
            let digests = try String.fetchAll(database, sql: "SELECT DISTINCT digest FROM job_blob")
            return Set(digests.compactMap { Digest(hex: $0) })
        }
    }
}

/// Ends jobs, inside a transaction of its caller.
struct JobWriter {
    let database: Database

    func finish(_ job: Int64, as state: JobRecord.State, at now: Timestamp) throws -> [Digest] {
        try database.run(
            "UPDATE job SET state = ?, finished_at = ? WHERE id = ? AND state = 'running'",
            [state.rawValue, now.text, job])
        let released = try String.fetchAll(
            database,
            sql: """
                SELECT jb.digest FROM job_blob AS jb WHERE jb.job_id = ?
                AND NOT EXISTS (
                    SELECT 1 FROM blob AS b WHERE b.digest = jb.digest AND b.storage IN ('raw', 'coded'))
                AND NOT EXISTS (SELECT 1 FROM job_blob AS o WHERE o.digest = jb.digest AND o.job_id <> jb.job_id)
                ORDER BY jb.digest
                """, arguments: [job])
        for digest in released { try database.run("INSERT OR IGNORE INTO removal (digest) VALUES (?)", [digest]) }
        try database.run("DELETE FROM job_blob WHERE job_id = ?", [job])
        return released.compactMap { Digest(hex: $0) }
    }

    func unfinished(likeJob job: Int64) throws -> [JobRecord] {
        try JobRecord.fetchAll(
            database,
            sql: """
                SELECT o.* FROM job AS j JOIN job AS o ON o.verb = j.verb AND o.subject = j.subject
                WHERE j.id = ? AND o.id <> j.id AND o.state = 'running' ORDER BY o.id
                """, arguments: [job])
    }
}

extension JobRecord: FetchableRecord {
    init(row: Row) throws {
        id = try row.decode(Int64.self, forColumn: "id")
        verb = try row.text("verb")
        subject = try row.text("subject")
        process = ProcessIdentity(
            number: try row.integer("process_id"), started: try row.text("process_started"),
            host: try row.text("host"))
        startedAt = try row.timestamp("started_at")
        finishedAt = try row.optionalTimestamp("finished_at")
        state = try row.choice("state")
    }
}
