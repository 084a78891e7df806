import Bytes
import Charts

/// An artifact's relatives in the order in which a drawing of them is walked: parents before what was made from them.
struct LineageRows {
    /// Boxes of the drawing.
    let nodes: [TreeChart.Node]
    /// Relatives that the drawing has no room for.
    let leftOutCount: Int

    /// More would be pages of boxes.
    private static let greatestCount = 80

    /// What hangs below a digest: by its first parent, the base before others.
    private struct Branch {
        let digest: String
        let edge: LineageReport.Edge
        /// Its other parents, in words.
        let others: [String]
    }

    init(_ report: LineageReport) {
        var branches: [String: [Branch]] = [:]
        let byChild = Dictionary(grouping: report.edges, by: \.childDigest)
        var seen: Set<String> = []
        for edge in report.edges where seen.insert(edge.childDigest).inserted {
            let edges = byChild[edge.childDigest] ?? []
            guard let main = edges.first(where: { $0.role == "base" }) ?? edges.first else { continue }
            let others = edges.filter { $0.parentDigest != main.parentDigest }.map { "\($0.role) \($0.parent)" }
            branches[main.parentDigest, default: []].append(
                Branch(digest: edge.childDigest, edge: main, others: others))
        }
        var walk = Walk(report, branches)
        let ends = report.edges.flatMap { [$0.parentDigest, $0.childDigest] } + [report.digest]
        for digest in ends where byChild[digest] == nil { walk.start(at: digest) }
        // Only a circle of parents, which people can claim, leaves someone out.
        for digest in ends { walk.start(at: digest) }
        nodes = Array(walk.nodes.prefix(Self.greatestCount))
        leftOutCount = walk.nodes.count - nodes.count
    }

    private struct Walk {
        let report: LineageReport
        let branches: [String: [Branch]]
        let artifacts: [String: LineageReport.Node]
        let names: [String: String]
        var nodes: [TreeChart.Node] = []
        var seen: Set<String> = []

        init(_ report: LineageReport, _ branches: [String: [Branch]]) {
            self.report = report
            self.branches = branches
            artifacts = Dictionary(report.artifacts.map { ($0.digest, $0) }) { first, _ in first }
            let ends = report.edges.flatMap { [($0.parentDigest, $0.parent), ($0.childDigest, $0.child)] }
            names = Dictionary(ends + [(report.digest, report.name)]) { first, _ in first }
        }

        /// Walks from a root, with what its card names as its base above it.
        mutating func start(at digest: String) {
            guard !seen.contains(digest) else { return }
            let stub = report.stubs.first { $0.childDigest == digest }
            if let stub {
                nodes.append(
                    .init(depth: 0, name: stub.name.withVisibleControls, detail: "not in this store", style: .missing))
            }
            var stack: [(depth: Int, digest: String, edge: String?)] = [
                (stub == nil ? 0 : 1, digest, stub == nil ? nil : "base, as the card says")
            ]
            while let next = stack.popLast() {
                guard seen.insert(next.digest).inserted else { continue }
                nodes.append(node(next.digest, depth: next.depth, edge: next.edge))
                for branch in (branches[next.digest] ?? []).reversed() {
                    stack.append((next.depth + 1, branch.digest, Self.words(branch)))
                }
            }
        }

        private func node(_ digest: String, depth: Int, edge: String?) -> TreeChart.Node {
            let name = (names[digest] ?? String(digest.prefix(12))).withVisibleControls
            guard let artifact = artifacts[digest] else {
                return .init(depth: depth, name: name, detail: "not in this store", edge: edge, style: .missing)
            }
            return .init(
                depth: depth, name: name,
                detail: "\(artifact.kind), \(artifact.scheme), \(Figures.bytes(artifact.logicalBytes))", edge: edge,
                style: digest == report.digest ? .marked : .plain)
        }

        private static func words(_ branch: Branch) -> String {
            let recipe = RecipeText.summary(branch.edge.recipe)
            let error = branch.edge.relRmse.map { "relative RMSE \(DecimalText.short($0))" }
            let others = branch.others.isEmpty ? nil : "also \(branch.others.joined(separator: ", "))"
            return [recipe ?? branch.edge.role, error, others].compactMap(\.self).joined(separator: ", ")
                .withVisibleControls
        }
    }
}
