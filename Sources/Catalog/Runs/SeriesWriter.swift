import GRDB
import Measurements

/// Writes the values of runs' metrics inside one transaction, through statements that are prepared once: there may be
/// millions.
struct SeriesWriter {
    private let handle: SQLiteHandle
    private let insertValue: SQLiteHandle.Statement
    private let lastSequence: SQLiteHandle.Statement
    private let history: SQLiteHandle.Statement
    private let find: SQLiteHandle.Statement
    private let insertSeries: SQLiteHandle.Statement
    private let updateSeries: SQLiteHandle.Statement
    private let insertMetric: SQLiteHandle.Statement
    private let findMetric: SQLiteHandle.Statement
    private var nextSeries: Int64
    private var metrics: [String: Metric] = [:]

    private struct Metric {
        let id: Int64
        let isHigherBetter: Bool?
    }

    init(_ database: Database) throws {
        guard let connection = unsafe database.sqliteConnection else {
            throw CatalogError(.failed, "the catalog is closed", remedy: "Run the command again")
        }
        handle = unsafe SQLiteHandle(borrowing: connection)
        insertValue = try handle.statement(
            "INSERT INTO metric_value (series_id, step, sequence, value, time_ms) VALUES (?, ?, ?, ?, ?)")
        lastSequence = try handle.statement(
            "SELECT max(sequence) FROM metric_value WHERE series_id = ? AND step = ?")
        history = try handle.statement(
            "SELECT step, value FROM metric_value WHERE series_id = ? ORDER BY step, sequence")
        find = try handle.statement(
            """
            SELECT id, value_count, nonfinite_count, first_step, last_step, last_value, minimum, maximum, best_value,
                best_step
            FROM series WHERE run_id = ? AND metric_id = ?
            """)
        insertSeries = try handle.statement(
            """
            INSERT INTO series (value_count, nonfinite_count, first_step, last_step, last_value, minimum, maximum,
                best_value, best_step, id, run_id, metric_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        updateSeries = try handle.statement(
            """
            UPDATE series SET value_count = ?, nonfinite_count = ?, first_step = ?, last_step = ?, last_value = ?,
                minimum = ?, maximum = ?, best_value = ?, best_step = ? WHERE id = ?
            """)
        insertMetric = try handle.statement(
            "INSERT INTO metric (name, higher_is_better) VALUES (?, ?) ON CONFLICT DO NOTHING")
        findMetric = try handle.statement("SELECT id, higher_is_better FROM metric WHERE name = ?")
        let last = try handle.statement("SELECT coalesce(max(id), 0) FROM series")
        nextSeries = try last.number() + 1
    }

    /// Adds values to a run. Returns how many were new.
    /// - Parameters:
    ///   - start: what times are counted from, in milliseconds since 1970.
    ///   - isNew: whether the run has no values yet.
    ///   - skippingKnown: whether values may be there already.
    mutating func add(
        _ values: RunValues, to runID: Int64, start: Int64?, isNew: Bool, skippingKnown: Bool
    ) throws -> Int {
        var added = 0
        do {
            for (name, points) in zip(values.metrics, values.points) where !points.isEmpty {
                let metric = try metric(name)
                let known = isNew ? nil : try series(of: runID, metric)
                added += try add(points, of: metric, to: runID, known, start, skippingKnown)
            }
        } catch let failure as SQLiteHandle.Failure { throw failure.asDatabaseError }
        return added
    }

    private mutating func add(
        _ points: [RunValues.Point], of metric: Metric, to runID: Int64, _ known: (id: Int64, state: SeriesState)?,
        _ start: Int64?, _ skippingKnown: Bool
    ) throws -> Int {
        let points = try known.map { skippingKnown ? try lacking(points, in: $0.id) : points } ?? points
        guard !points.isEmpty else { return 0 }
        var state = known?.state ?? SeriesState(isHigherBetter: metric.isHigherBetter)
        var lastStep = known?.state.lastStep
        for point in points { state.add(point) }
        let id: Int64
        if let known {
            id = known.id
            try write(state, with: updateSeries, then: [id])
        } else {
            id = nextSeries
            nextSeries += 1
            try write(state, with: insertSeries, then: [id, runID, metric.id])
        }
        insertValue.bind(id, at: 0)
        for point in points {
            let isAhead = lastStep.map { point.step > $0 } ?? true
            try insert(point, sequence: isAhead ? 0 : nextSequence(id, point.step), start)
            if isAhead { lastStep = point.step }
        }
        return points.count
    }

    private func insert(_ point: RunValues.Point, sequence: Int64, _ start: Int64?) throws {
        insertValue.bind(point.step, at: 1)
        insertValue.bind(sequence, at: 2)
        insertValue.bind(point.value, at: 3)  // NaN becomes NULL
        if let since = point.elapsed ?? start.flatMap({ point.time(since: $0) }) {
            insertValue.bind(since, at: 4)
        } else {
            insertValue.bindNull(at: 4)
        }
        try insertValue.run()
    }

    private func nextSequence(_ id: Int64, _ step: Int64) throws -> Int64 {
        lastSequence.bind(id, at: 0)
        lastSequence.bind(step, at: 1)
        defer { lastSequence.reset() }
        guard try lastSequence.step(), let last = lastSequence.integer(at: 0) else { return 0 }
        return last + 1
    }

    /// Those of `points` that the series has not. At each step the log's values are looked for in their order among
    /// those that are there, so that a state that was resumed adds what is new, and a second look adds nothing.
    private func lacking(_ points: [RunValues.Point], in id: Int64) throws -> [RunValues.Point] {
        var known: [Int64: [Double]] = [:]
        history.bind(id, at: 0)
        while try history.step() {
            known[history.integer(at: 0) ?? 0, default: []].append(history.real(at: 1) ?? .nan)
        }
        history.reset()
        var places: [Int64: Int] = [:]
        return points.filter { point in
            let values = known[point.step] ?? []
            let place = values[(places[point.step] ?? 0)...].firstIndex {
                $0 == point.value || $0.isNaN && point.value.isNaN
            }
            if let place { places[point.step] = place + 1 }
            return place == nil
        }
    }

    private mutating func metric(_ name: String) throws -> Metric {
        if let known = metrics[name] { return known }
        try insertMetric.bind(.text(name), at: 0)
        if let isHigherBetter = MetricDirection.isHigherBetter(name) {
            insertMetric.bind(isHigherBetter ? Int64(1) : 0, at: 1)
        } else {
            insertMetric.bindNull(at: 1)
        }
        try insertMetric.run()
        try findMetric.bind(.text(name), at: 0)
        defer { findMetric.reset() }
        guard try findMetric.step(), let id = findMetric.integer(at: 0) else {
            throw CatalogError(.failed, "the metric '\(name)' cannot be found", remedy: "Run the command again")
        }
        let metric = Metric(id: id, isHigherBetter: findMetric.integer(at: 1).map { $0 != 0 })
        metrics[name] = metric
        return metric
    }

    private func series(of runID: Int64, _ metric: Metric) throws -> (id: Int64, state: SeriesState)? {
        find.bind(runID, at: 0)
        find.bind(metric.id, at: 1)
        defer { find.reset() }
        guard try find.step(), let id = find.integer(at: 0) else { return nil }
        return (
            id,
            SeriesState(
                isHigherBetter: metric.isHigherBetter, valueCount: find.integer(at: 1) ?? 0,
                nonfiniteCount: find.integer(at: 2) ?? 0, firstStep: find.integer(at: 3), lastStep: find.integer(at: 4),
                lastValue: find.real(at: 5) ?? .nan, minimum: find.real(at: 6), maximum: find.real(at: 7),
                best: find.real(at: 8), bestStep: find.integer(at: 9))
        )
    }

    private func write(
        _ state: SeriesState, with statement: SQLiteHandle.Statement, then keys: [Int64]
    ) throws {
        statement.bind(state.valueCount, at: 0)
        statement.bind(state.nonfiniteCount, at: 1)
        statement.bind(state.firstStep ?? 0, at: 2)
        statement.bind(state.lastStep ?? 0, at: 3)
        statement.bind(state.lastValue, at: 4)
        for (index, value) in [state.minimum, state.maximum, state.best].enumerated() {
            // NaN becomes NULL.
            statement.bind(value ?? .nan, at: 5 + index)
        }
        if let step = state.bestStep { statement.bind(step, at: 8) } else { statement.bindNull(at: 8) }
        for (index, key) in keys.enumerated() { statement.bind(key, at: 9 + index) }
        try statement.run()
    }
}

extension RunValues.Point {
    /// Milliseconds from `start` on; nil when the log does not tell.
    fileprivate func time(since start: Int64) -> Int64? {
        guard let moment else { return nil }
        let (since, isOver) = moment.subtractingReportingOverflow(start)
        return isOver ? nil : since
    }
}

/// What a series tells of its values without a look at them.
struct SeriesState: Equatable {
    let isHigherBetter: Bool?
    var valueCount: Int64 = 0
    var nonfiniteCount: Int64 = 0
    var firstStep: Int64?
    var lastStep: Int64?
    var lastValue = Double.nan
    var minimum: Double?
    var maximum: Double?
    var best: Double?
    var bestStep: Int64?

    mutating func add(_ point: RunValues.Point) {
        valueCount += 1
        firstStep = min(firstStep ?? point.step, point.step)
        lastStep = max(lastStep ?? point.step, point.step)
        lastValue = point.value
        guard point.value.isFinite else {
            nonfiniteCount += 1
            return
        }
        minimum = min(minimum ?? point.value, point.value)
        maximum = max(maximum ?? point.value, point.value)
        guard let isHigherBetter else { return }
        if best.map({ isHigherBetter ? point.value > $0 : point.value < $0 }) ?? true {
            best = point.value
            bestStep = point.step
        }
    }
}

extension SQLiteHandle {
    /// The one statement that `sql` is.
    func statement(_ sql: String) throws -> Statement {
        do {
            guard let statement = try prepare(sql).statement else {
                throw CatalogError(.failed, "an empty statement", remedy: "Report it")
            }
            return statement
        } catch let failure as Failure { throw failure.asDatabaseError }
    }
}

extension SQLiteHandle.Statement {
    /// The number of the only row.
    fileprivate func number() throws -> Int64 {
        defer { reset() }
        return try step() ? integer(at: 0) ?? 0 : 0
    }
}

extension SQLiteHandle.Failure {
    /// The same fault, as the rest of the catalog throws it.
    var asDatabaseError: DatabaseError { DatabaseError(resultCode: ResultCode(rawValue: code), message: message) }
}
