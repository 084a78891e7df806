import Architectures
import Bytes
import Catalog
import Tensors

extension ModelRegistry {
    /// Lays artifacts side by side: bytes, bits, and errors against their parent.
    /// - Parameters:
    ///   - names: two or more artifacts; where results or a front are asked for, also one, which stands for itself, the
    ///     other tags of its model, and what was made from it.
    ///   - grouping: what errors are added up by.
    ///   - metrics: results to show, each as `METRIC` or `TASK/METRIC`.
    ///   - pareto: two ways in which to look for those that no other beats.
    public func compare(
        _ names: [String], by grouping: CompareReport.Grouping = .role, metrics: [String] = [],
        pareto: ParetoRequest? = nil
    ) throws -> CompareReport {
        let members = try comparedArtifacts(names, isForChoice: !metrics.isEmpty || pareto != nil)
        let base = Self.base(of: members)
        let results = try ComparedResults(
            metrics.isEmpty && pareto == nil ? [] : members.map(\.summary.artifact.digest), in: catalog)
        let columns = try results.columns(named: metrics)
        var report = CompareReport(
            base: base?.parentLabel, baseDigest: base?.parent.hex,
            artifacts: members.map { $0.row(base: base?.parent, columns, results) },
            by: grouping, groups: ComparedArtifact.groups(members, by: grouping),
            metrics: columns.map {
                .init(task: $0.task, metric: $0.metric, higherIsBetter: results.isHigherBetter($0))
            }, pareto: try pareto.map { try ParetoComparison(members, base: base, results).report($0) },
            notes: results.notes(on: columns, of: members.map { ($0.name, $0.summary.artifact.digest) }))
        let others = report.artifacts.filter(\.hasOtherBase)
        if !others.isEmpty {
            let list = others.map { "\($0.name) (\($0.parent ?? ""))" }.joined(separator: ", ")
            report.notes.append("errors against another parent than \(report.base ?? "") do not compare: \(list)")
        }
        return report
    }

    private func comparedArtifacts(_ names: [String], isForChoice: Bool) throws -> [ComparedArtifact] {
        guard names.count > 1 || isForChoice && names.count == 1 else {
            throw RegistryError("\(names.count) artifacts cannot be compared", remedy: "Name two or more")
        }
        if names.count == 1 { return try relatives(of: names[0]) }
        var members: [ComparedArtifact] = []
        for name in names {
            let member = try ComparedArtifact(name, in: self)
            if let twin = members.first(where: { $0.summary.artifact.digest == member.summary.artifact.digest }) {
                throw RegistryError(
                    "\(name) and \(twin.name) are the same artifact", remedy: "Name each artifact once")
            }
            members.append(member)
        }
        return members
    }

    /// An artifact, the other tags of its model, and what was made from it, each artifact once.
    private func relatives(of name: String) throws -> [ComparedArtifact] {
        let own = try ComparedArtifact(name, in: self)
        let digest = own.summary.artifact.digest
        let model = own.summary.name
        let tags = try catalog.summaries(nameContaining: model).filter { $0.name == model && $0.tag != nil }
        let made = try catalog.lineage(of: digest, .descendants).map(\.record.child)
        var seen: Set = [digest]
        var members = [own]
        for other in tags.map(\.artifact.digest) + made where seen.insert(other).inserted {
            // What was made and forgotten again still stands in the lineage.
            guard try !catalog.summaries(of: other).isEmpty else { continue }
            members.append(try ComparedArtifact("@\(other.hex)", in: self))
        }
        return members
    }

    /// The parent that counts as the base: the most frequent, of equals one that is compared itself, else the first.
    private static func base(of members: [ComparedArtifact]) -> LineageRecord? {
        let parents = members.compactMap(\.parent)
        let compared = Set(members.map(\.summary.artifact.digest))
        let counts = Dictionary(parents.map { ($0.parent, 1) }, uniquingKeysWith: +)
        let most = parents.filter { counts[$0.parent] == counts.values.max() }
        return most.first { compared.contains($0.parent) } ?? most.first
    }
}

/// One of the artifacts that are compared, with its tensors.
struct ComparedArtifact {
    let name: String
    let summary: ArtifactSummary
    let members: [PlacedTensor]
    /// Where its errors come from; nil without errors.
    let parent: LineageRecord?

    init(_ name: String, in registry: ModelRegistry) throws {
        let record = try registry.artifact(named: name)
        let summaries = try registry.catalog.summaries(of: record.digest)
        guard let summary = summaries.first(where: { $0.label.lowercased() == name.lowercased() }) ?? summaries.first
        else { throw RegistryError("\(name) went away meanwhile", remedy: "See what is there with 'ingot ls'") }
        self.name = summary.label
        self.summary = summary
        members = try registry.placedTensors(of: record)
        let parents = try registry.catalog.lineage(of: record.digest, .ancestors).filter { $0.distance == 1 }
            .map(\.record).filter { $0.role == .base }
        let hasErrors = members.contains { $0.tensor.error != nil }
        parent = hasErrors ? parents.first { $0.relativeRMSE != nil } ?? parents.first : nil
    }

    func row(
        base: Digest?, _ columns: [ComparedResults.Column], _ results: ComparedResults
    ) -> CompareReport.Artifact {
        let artifact = summary.artifact
        let changed = members.filter { $0.tensor.error != nil }
        let error = changed.isEmpty ? nil : TensorError.sum(changed.compactMap(\.tensor.error))
        var worst: (name: String, error: Double)?
        for member in changed {
            guard let error = member.tensor.error?.relativeRMSE, error > worst?.error ?? -1 else { continue }
            worst = (member.name, error)
        }
        return CompareReport.Artifact(
            name: name, digest: artifact.digest.hex, kind: artifact.kind.rawValue, scheme: artifact.scheme,
            format: artifact.format, parameters: artifact.parameterCount, bytes: artifact.logicalByteCount,
            storedBytes: summary.storedByteCount ?? 0, bitsPerWeight: artifact.bitsPerWeight,
            parent: parent?.parentLabel,
            parentDigest: parent?.parent.hex, hasOtherBase: parent.map { $0.parent != base } ?? false,
            changedTensors: changed.count, relRmse: error?.relativeRMSE, weightedRelRmse: error?.weightedRelativeRMSE,
            snrDb: error?.signalToNoise, maximumError: error?.maximumError, shareZero: error?.zeroShare,
            shareClipped: error?.clippedShare, worstTensor: worst?.name, worstRelRmse: worst?.error,
            results: columns.map { results.result(of: artifact.digest, $0).map(CompareReport.Result.init) })
    }

    /// What a tensor is counted under, and where that stands among the groups.
    private struct Key: Hashable {
        let rank: Int
        let name: String
    }

    static func groups(_ artifacts: [Self], by grouping: CompareReport.Grouping) -> [CompareReport.Group] {
        var tensorRanks: [String: Int] = [:]
        var names: [Key: String] = [:]
        let sorted = artifacts.map { artifact in
            Dictionary(grouping: artifact.members) { member in
                let key: Key
                switch grouping {
                case .role:
                    let rank = TensorPart.allCases.firstIndex(of: member.place.part) ?? 0
                    key = Key(rank: rank, name: member.place.part.rawValue)
                case .layer:
                    let layer = member.place.layer
                    key = Key(rank: layer ?? .max, name: layer.map { "layer \($0)" } ?? "outside the layers")
                case .tensor:
                    let rank = tensorRanks[member.place.key] ?? tensorRanks.count
                    tensorRanks[member.place.key] = rank
                    key = Key(rank: rank, name: member.place.key)
                    if names[key] == nil { names[key] = member.name }
                }
                return key
            }
        }
        let keys = Set(sorted.flatMap(\.keys)).sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        return keys.map { key in
            CompareReport.Group(name: names[key] ?? key.name, cells: sorted.map { cell(of: $0[key] ?? []) })
        }
    }

    private static func cell(of members: [PlacedTensor]) -> CompareReport.Cell {
        let errors = members.compactMap(\.tensor.error)
        let error = errors.isEmpty ? nil : TensorError.sum(errors)
        let parameters = members.reduce(0) { $0 + $1.tensor.parameterCount }
        let bytes = members.reduce(0) { $0 + $1.byteCount }
        return CompareReport.Cell(
            tensors: members.count, parameters: parameters, bytes: bytes,
            bitsPerWeight: parameters == 0 ? nil : 8 * Double(bytes) / Double(parameters),
            changedTensors: errors.count, relRmse: error?.relativeRMSE, weightedRelRmse: error?.weightedRelativeRMSE,
            maximumError: error?.maximumError)
    }
}

extension CompareReport.Result {
    fileprivate init(_ series: ResultSeries) {
        let result = series.result
        self.init(
            value: result.value.isFinite ? result.value : nil, stderr: result.standardError,
            samples: result.sampleCount,
            unit: result.unit, measuredAt: result.measuredAt.text)
    }
}
