import Bytes
import Catalog
import Measurements

/// Works out which of the compared artifacts no other beats in two ways.
struct ParetoComparison {
    private let members: [ComparedArtifact]
    /// The parent against which errors compare.
    private let base: LineageRecord?
    private let results: ComparedResults

    /// One way, found.
    private struct Way {
        let name: String
        let isLowerBetter: Bool
        let value: (ComparedArtifact) -> Double?
        /// Whether it is an error against the parent.
        var isError = false
        /// What an artifact without a value lacks.
        let absence: String
    }

    init(_ members: [ComparedArtifact], base: LineageRecord?, _ results: ComparedResults) {
        self.members = members
        self.base = base
        self.results = results
    }

    /// A range wider than this factor is drawn on a logarithmic axis, or most points would lie on each other.
    private static let widestLinearFactor = 20.0

    func report(_ request: ParetoRequest) throws -> ParetoReport {
        let (x, y) = (try way(request.x), try way(request.y))
        var found: [(member: ComparedArtifact, x: Double, y: Double)] = []
        var leftOut: [ParetoReport.LeftOut] = []
        for member in members {
            let values = (x.value(member), y.value(member))
            if x.isError || y.isError, let parent = member.parent, parent.parent != base?.parent {
                leftOut.append(
                    .init(
                        name: member.name,
                        reason: "its error is against \(parent.parentLabel), not against \(base?.parentLabel ?? "")"))
            } else if let first = values.0, let second = values.1, first.isFinite, second.isFinite {
                found.append((member, first, second))
            } else {
                let missing = values.0?.isFinite == true ? y : x
                leftOut.append(.init(name: member.name, reason: missing.absence))
            }
        }
        let front = ParetoFront(
            found.map { (x.isLowerBetter ? $0.x : -$0.x, y.isLowerBetter ? $0.y : -$0.y) })
        let points = found.enumerated().map { index, point in
            ParetoReport.Point(
                name: point.member.name, digest: point.member.summary.artifact.digest.hex,
                scheme: point.member.summary.artifact.scheme, x: point.x, y: point.y,
                isOnFront: front.contains(index), beatenBy: front.dominators[index].map { found[$0].member.name })
        }
        return ParetoReport(
            x: axis(x, found.map(\.x)), y: axis(y, found.map(\.y)), points: points,
            front: front.members.map { found[$0].member.name }, leftOut: leftOut, path: nil)
    }

    private func axis(_ way: Way, _ values: [Double]) -> ParetoReport.Axis {
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        return ParetoReport.Axis(
            name: way.name, better: way.isLowerBetter ? "lower" : "higher",
            isLogarithmic: low > 0 && high / low > Self.widestLinearFactor)
    }

    private func way(_ asked: ParetoRequest.Axis) throws -> Way {
        if let column = ParetoColumn.all.first(where: { $0.name == asked.name.lowercased() }) {
            return Way(
                name: column.name, isLowerBetter: asked.better != .higher, value: { column.value($0.summary) },
                isError: column.isError,
                absence: column.isError ? "it has no error against a parent" : "no \(column.name)")
        }
        let columns = results.known.filter { $0.matches(asked.name) }
        guard let column = columns.first else {
            let error = results.unknown(asked.name)
            throw RegistryError(
                "'\(asked.name.shortened)' is no column of artifact_summary that Ingot compares by, and "
                    + error.problem,
                remedy: "Columns are \(ParetoRequest.columns.joined(separator: ", ")). " + error.remedy)
        }
        guard columns.count == 1 else {
            let list = columns.prefix(8).map { "'\($0.name.shortened)'" }.joined(separator: ", ")
            throw RegistryError(
                "\(columns.count) tasks have the metric '\(asked.name.shortened)'", remedy: "Write one of \(list)")
        }
        guard let isLower = asked.better.map({ $0 == .lower }) ?? results.isHigherBetter(column).map({ !$0 }) else {
            throw RegistryError(
                "nothing tells whether more '\(column.name.shortened)' is better",
                remedy: "Write \(asked.name.shortened):min or \(asked.name.shortened):max")
        }
        return Way(
            name: column.name, isLowerBetter: isLower,
            value: { [results] in results.result(of: $0.summary.artifact.digest, column)?.result.value },
            absence: "it has no result \(column.name)")
    }
}
