import Architectures
import Bytes
import Catalog
import Tensors

extension ModelRegistry {
    /// Lays artifacts side by side: bytes, bits, and errors against their parent.
    /// - Parameters:
    ///   - names: two or more artifacts.
    ///   - grouping: what errors are added up by.
    public func compare(_ names: [String], by grouping: CompareReport.Grouping = .role) throws -> CompareReport {
        guard names.count > 1 else {
            throw RegistryError("\(names.count) artifacts cannot be compared", remedy: "Name two or more")
        }
        var members: [ComparedArtifact] = []
        for name in names {
            let member = try ComparedArtifact(name, in: self)
            if let twin = members.first(where: { $0.summary.artifact.digest == member.summary.artifact.digest }) {
                throw RegistryError(
                    "\(name) and \(twin.name) are the same artifact", remedy: "Name each artifact once")
            }
            members.append(member)
        }
        let base = Self.base(of: members)
        var report = CompareReport(
            base: base?.parentLabel, baseDigest: base?.parent.hex,
            artifacts: members.map { $0.row(base: base?.parent) },
            by: grouping, groups: ComparedArtifact.groups(members, by: grouping), notes: [])
        let others = report.artifacts.filter(\.hasOtherBase)
        if !others.isEmpty {
            let list = others.map { "\($0.name) (\($0.parent ?? ""))" }.joined(separator: ", ")
            report.notes.append("errors against another parent than \(report.base ?? "") do not compare: \(list)")
        }
        return report
    }

    /// The parent that counts as the base: one that is compared itself, else the most frequent, the first of equals.
    private static func base(of members: [ComparedArtifact]) -> LineageRecord? {
        let parents = members.compactMap(\.parent)
        let compared = Set(members.map(\.summary.artifact.digest))
        if let base = parents.first(where: { compared.contains($0.parent) }) { return base }
        let counts = Dictionary(parents.map { ($0.parent, 1) }, uniquingKeysWith: +)
        let most = counts.values.max()
        return parents.first { counts[$0.parent] == most }
    }
}

/// One of the artifacts that are compared, with its tensors.
private struct ComparedArtifact {
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

    func row(base: Digest?) -> CompareReport.Artifact {
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
            storedBytes: summary.storedByteCount, bitsPerWeight: artifact.bitsPerWeight, parent: parent?.parentLabel,
            parentDigest: parent?.parent.hex, hasOtherBase: parent.map { $0.parent != base } ?? false,
            changedTensors: changed.count, relRmse: error?.relativeRMSE, weightedRelRmse: error?.weightedRelativeRMSE,
            snrDb: error?.signalToNoise, maximumError: error?.maximumError, shareZero: error?.zeroShare,
            shareClipped: error?.clippedShare, worstTensor: worst?.name, worstRelRmse: worst?.error)
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
