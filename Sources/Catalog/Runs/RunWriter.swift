import Bytes
import GRDB
import Measurements

/// Writes training runs inside one transaction: rows of runs here, their values through `SeriesWriter`.
struct RunWriter {
    private let database: Database
    private let now: Timestamp
    private var series: SeriesWriter
    /// The number that was last put behind a name: a thousand runs may want one name.
    private var lastNumbers: [String: Int] = [:]

    private static let longestName = 200
    /// An end in `ended_ms` of a run without a start is counted from the start when it is below this, in 1973.
    static let earliestMoment: Int64 = 100_000_000_000

    init(_ database: Database, now: Timestamp) throws {
        self.database = database
        self.now = now
        series = try SeriesWriter(database)
    }

    /// Records one piece; the run is made when its origin is new.
    mutating func write(_ piece: RunPiece) throws -> RunOutcome {
        let draft = piece.draft
        let known = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM run WHERE origin = ?"), arguments: [draft.origin])
        let start = try known?.optional("started_ms", as: Int64.self) ?? draft.startedAt ?? Self.firstTime(piece.values)
        let (runID, name) = try identity(known) ?? insert(draft)
        if case .following(let position) = piece.manner { try check(position, of: draft, runID) }
        for parameter in draft.parameters { try add(parameter, to: runID) }
        let isWhole = if case .whole = piece.manner { true } else { false }
        let added = try series.add(piece.values, to: runID, start: start, isNew: known == nil, skippingKnown: isWhole)
        try close(runID, draft, start: start, ended: draft.endedAt ?? Self.lastTime(piece.values, start: start))
        try note(draft.sources, of: runID)
        let lastStep =
            try Int64?.fetchOne(
                database.cachedStatement(sql: "SELECT last_step FROM run WHERE id = ?"), arguments: [runID]) ?? nil
        if let artifact = piece.artifact { try Self.link(database, runID, to: artifact, step: lastStep) }
        return RunOutcome(runID: runID, name: name, isNew: known == nil, addedCount: added, lastStep: lastStep)
    }

    /// Says that a run wrote an artifact; a step that is not known keeps the one that is there.
    static func link(_ database: Database, _ runID: Int64, to artifact: Digest, step: Int64?) throws {
        try database.run(
            """
            INSERT INTO run_artifact (run_id, artifact_digest, step) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET step = coalesce(excluded.step, step)
            """, [runID, artifact.hex, step])
    }

    private func identity(_ known: Row?) throws -> (id: Int64, name: String)? {
        try known.map { (Int64(try $0.integer("id")), try $0.text("name")) }
    }

    private mutating func insert(_ draft: RunDraft) throws -> (id: Int64, name: String) {
        let name = try freeName(draft.name)
        let id = try database.insert(
            "INSERT INTO run (name, origin, kind, experiment, imported_at) VALUES (?, ?, ?, ?, ?)",
            [name, draft.origin, draft.kind.rawValue, draft.experiment, now.text])
        return (id, name)
    }

    /// `wanted`, or with a number behind it when another run is called so.
    private mutating func freeName(_ wanted: String) throws -> String {
        let base = Self.printable(wanted)
        let taken = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM run WHERE name = ?)")
        var name = base
        var number = lastNumbers[base] ?? 1
        if number > 1 { name = "\(base)-\(number)" }
        while try Bool.fetchOne(taken, arguments: [name]) == true {
            number += 1
            name = "\(base)-\(number)"
        }
        lastNumbers[base] = number
        return name
    }

    /// `name` without control characters, and not too long.
    private static func printable(_ name: String) -> String {
        let scalars = name.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let text = String(String.UnicodeScalarView(scalars)).prefix(longestName)
        return text.isEmpty ? "run" : String(text)
    }

    /// Another process may have read on in the same log since this one looked.
    private func check(_ position: RunDraft.Position?, of draft: RunDraft, _ runID: Int64) throws {
        guard let path = draft.sources.first?.path else { return }
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM run_source WHERE run_id = ? AND path = ? ORDER BY id DESC"),
            arguments: [runID, path])
        guard try row.map(RunDraft.Source.init)?.position == position else {
            throw CatalogError(
                .busy, "another process read \(path) into the same run meanwhile", remedy: "Run the command again")
        }
    }

    private func add(_ parameter: RunDraft.Parameter, to runID: Int64) throws {
        try database.run(
            """
            INSERT INTO run_parameter (run_id, name, value, number) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET value = excluded.value, number = excluded.number WHERE value <> excluded.value
            """, [runID, parameter.name, parameter.value, NumberText.number(parameter.value)?.ifFinite])
    }

    private func close(_ runID: Int64, _ draft: RunDraft, start: Int64?, ended: Int64?) throws {
        try database.run(
            """
            UPDATE run SET
                started_ms = ?2, ended_ms = max(coalesce(ended_ms, ?3), coalesce(?3, ended_ms)),
                state = coalesce(?4, state), experiment = coalesce(experiment, ?5), imported_at = ?6,
                (series_count, value_count, last_step) =
                    (SELECT count(*), coalesce(sum(s.value_count), 0), max(s.last_step) FROM series AS s
                     WHERE s.run_id = ?1)
            WHERE id = ?1
            """, [runID, start, ended, draft.state?.rawValue, draft.experiment, now.text])
    }

    /// Keeps the files' states; an earlier one stays only where an artifact holds that very file.
    private func note(_ sources: [RunDraft.Source], of runID: Int64) throws {
        for source in sources {
            try database.run(
                """
                DELETE FROM run_source WHERE run_id = ?1 AND path = ?2
                    AND (digest IS NULL OR digest IS ?3
                        OR NOT EXISTS (SELECT 1 FROM file AS f WHERE f.digest = run_source.digest))
                """, [runID, source.path, source.digest?.hex])
            try database.run(
                """
                INSERT INTO run_source (run_id, path, digest, read_byte_count, read_digest, last_step, imported_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    runID, source.path, source.digest?.hex, source.position?.byteCount, source.position?.digest.hex,
                    source.lastStep, now.text,
                ])
        }
    }

    private static func firstTime(_ values: RunValues) -> Int64? {
        values.points.lazy.flatMap(\.self).compactMap(\.moment).min()
    }

    /// - Parameter start: what points count from that tell only how long the run had gone on; from 0 when it is not known.
    private static func lastTime(_ values: RunValues, start: Int64?) -> Int64? {
        let points = values.points.lazy.flatMap(\.self)
        if let moment = points.compactMap(\.moment).max() { return moment }
        return points.compactMap(\.elapsed).max().flatMap { elapsed in
            let (end, isOver) = (start ?? 0).addingReportingOverflow(elapsed)
            return isOver ? nil : end
        }
    }
}
