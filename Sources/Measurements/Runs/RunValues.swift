package import Bytes

/// The values that a training log holds, metric by metric, each in the order in which they were logged.
package struct RunValues: Equatable, Sendable {
    /// One logged number.
    package struct Point: Equatable, Sendable {
        package var step: Int64
        /// Milliseconds since 1970, or what `RunValues.elapsed` made of those since the run began, or
        /// `RunValues.noTime`.
        package var time: Int64
        /// May be NaN or infinite.
        package var value: Double

        package init(step: Int64, time: Int64 = RunValues.noTime, value: Double) {
            self.step = step
            self.time = time
            self.value = value
        }

        /// Milliseconds since 1970; nil when the log tells no moment.
        package var moment: Int64? { time < RunValues.elapsedEnd ? nil : time }
        /// Milliseconds since the run began, where the log tells these alone.
        package var elapsed: Int64? {
            time == RunValues.noTime || time >= RunValues.elapsedEnd ? nil : time - RunValues.elapsedZero
        }
    }

    /// Stands for a moment that the log does not tell.
    package static let noTime = Int64.min
    private static let elapsedZero = Int64.min / 2
    private static let elapsedEnd = Int64.min / 4

    /// The time of a point of which the log tells only how long the run had gone on.
    package static func elapsed(milliseconds: Int64) -> Int64 {
        let most = elapsedEnd - elapsedZero - 1
        return elapsedZero + max(-most, min(most, milliseconds))
    }

    /// More metrics of one run are refused: they are names that were made by mistake, such as with the step in them.
    package static let mostMetrics = 100_000
    static let longestName = 1_000
    /// Of logs that are read in one go; those that only grow are read in pieces, and may have more.
    package static let mostValues = 50_000_000

    /// The metrics' names, in the order in which they first appear.
    package private(set) var metrics: [String] = []
    /// The values of each metric.
    package private(set) var points: [[Point]] = []
    /// Values that were appended and not taken away.
    package private(set) var count = 0
    /// What a person should know of the reading, each with its place in the log; no more than a few.
    package private(set) var notes: [String] = []
    private var places: [String: Int32] = [:]

    private static let mostNotes = 50

    package init() {}

    mutating func note(_ text: String) {
        if notes.count < Self.mostNotes { notes.append(text) }
    }

    /// Says of which file the notes are, from one of them on.
    mutating func place(notesFrom first: Int, in file: String) {
        for index in notes.indices.dropFirst(first) { notes[index] = "\(file): \(notes[index])" }
    }

    /// The number of the metric called `name`, which is made when it is new.
    /// - Throws: `FormatError` when there are too many metrics, or the name is empty or too long.
    package mutating func metric(named name: String) throws(FormatError) -> Int32 {
        if let place = places[name] { return place }
        guard !name.isEmpty, name.utf8.count <= Self.longestName else {
            throw FormatError(
                .refused, "a metric's name has \(name.utf8.count) bytes, 1 to \(Self.longestName) are allowed",
                remedy: "Check that this is a training log")
        }
        guard metrics.count < Self.mostMetrics else {
            throw FormatError(
                .refused, "more than \(Self.mostMetrics) metrics", remedy: "Check that this is a training log")
        }
        places[name] = Int32(metrics.count)
        metrics.append(name)
        points.append([])
        return Int32(metrics.count - 1)
    }

    package mutating func append(series: Int32, step: Int64, time: Int64 = noTime, value: Double) {
        points[Int(series)].append(Point(step: step, time: time, value: value))
        count += 1
    }

    /// Keeps one value of a metric, and no other.
    package mutating func replace(_ series: Int32, with point: Point) {
        count += 1 - points[Int(series)].count
        points[Int(series)] = [point]
    }

    /// Forgets the values and the notes, and keeps the metrics.
    package mutating func removeValues() {
        notes = []
        for index in points.indices { points[index].removeAll(keepingCapacity: true) }
        count = 0
    }

    /// The values of the metric called `name`.
    package subscript(name: String) -> [Point] { places[name].map { points[Int($0)] } ?? [] }
}
