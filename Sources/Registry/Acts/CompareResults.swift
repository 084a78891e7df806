import Bytes
import Catalog
import Measurements

/// The newest results of the compared artifacts, metric by metric.
struct ComparedResults {
    /// One column: a metric of a task.
    struct Column: Equatable {
        let task: String?
        let metric: String

        /// `hellaswag/acc`, or the metric alone where it has no task.
        var name: String { task.map { "\($0)/\(metric)" } ?? metric }

        /// Whether a user who writes `text` may mean it: the metric, or task and metric.
        func matches(_ text: String) -> Bool {
            let text = text.lowercased()
            return metric.lowercased() == text || name.lowercased() == text
        }
    }

    /// More columns than this are no comparison that anybody reads.
    private static let mostColumns = 24

    private let newest: [Digest: [ResultSeries]]
    /// In the order of tasks and metrics.
    let known: [Column]

    init(_ digests: [Digest], in catalog: CatalogDatabase) throws {
        var newest: [Digest: [ResultSeries]] = [:]
        var known: [Column] = []
        for digest in digests {
            let results = try catalog.results(of: digest).map(\.result)
            // Of several kinds of one metric, such as with other shots, the one that was measured last.
            newest[digest] = ResultSeries.newest(of: results)
            for result in results {
                let column = Column(task: result.task, metric: result.metric)
                if !known.contains(column) { known.append(column) }
            }
        }
        self.newest = newest
        self.known = known.sorted { ($0.metric, $0.task ?? "") < ($1.metric, $1.task ?? "") }
    }

    /// The columns that the user asked for, in that order.
    /// - Throws: `RegistryError` for a metric that none of the artifacts has.
    func columns(named names: [String]) throws -> [Column] {
        var columns: [Column] = []
        for name in names {
            let found = known.filter { $0.matches(name) }
            guard !found.isEmpty else { throw unknown(name) }
            columns += found.filter { !columns.contains($0) }
        }
        guard columns.count <= Self.mostColumns else {
            throw RegistryError(
                "\(columns.count) tasks have these metrics, at most \(Self.mostColumns) are shown",
                remedy: "Name them as TASK/METRIC, such as \(columns[0].name.shortened)")
        }
        return columns
    }

    func unknown(_ name: String) -> RegistryError {
        let list = known.prefix(20).map(\.name.shortened).joined(separator: ", ")
        return RegistryError(
            "none of these artifacts has a result '\(name.shortened)'",
            remedy: known.isEmpty
                ? "Record results first with 'ingot results import' or 'ingot results add'"
                : "There are \(list)\(known.count > 20 ? " and \(known.count - 20) more" : "")")
    }

    /// The newest result of an artifact in a column.
    func result(of digest: Digest, _ column: Column) -> ResultSeries? {
        (newest[digest] ?? []).filter { Column(task: $0.result.task, metric: $0.result.metric) == column }
            .max { $0.result.measuredAt < $1.result.measuredAt }
    }

    /// Whether more is better: as the results say, else as the metric's name does.
    func isHigherBetter(_ column: Column) -> Bool? {
        let said = newest.values.joined().first {
            $0.result.metric == column.metric && $0.result.task == column.task && $0.result.higherIsBetter != nil
        }
        return said?.result.higherIsBetter ?? MetricDirection.isHigherBetter(column.metric)
    }

    /// Columns in which artifacts were measured in different ways, said once each.
    func notes(on columns: [Column], of members: [(name: String, digest: Digest)]) -> [String] {
        columns.compactMap { column in
            let measured = members.compactMap { member in
                result(of: member.digest, column).map { (name: member.name, series: $0) }
            }
            guard let first = measured.first else { return nil }
            for other in measured.dropFirst() {
                let differences = other.series.differences(from: first.series)
                guard !differences.isEmpty else { continue }
                return "\(column.name) of \(other.name) was measured otherwise than of \(first.name): "
                    + differences.joined(separator: ", ")
            }
            return nil
        }
    }
}
