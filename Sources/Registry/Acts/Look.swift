import Bytes
import Catalog
import Foundation
import Measurements
import Tensors

extension ModelRegistry {
    /// The artifacts under each of their names, by name.
    /// - Parameters:
    ///   - pattern: only names that contain it, ignoring case.
    ///   - isSized: whether bytes on disk are told, for which every blob of every artifact is looked at.
    public func list(matching pattern: String? = nil, sized isSized: Bool = true) throws -> [ArtifactRow] {
        try catalog.summaries(nameContaining: pattern, sized: isSized).map(ArtifactRow.init)
    }

    /// The tensors of an artifact, quantized ones as one each, in file order.
    /// - Parameter pattern: only names that contain it, ignoring case.
    public func tensors(of name: String, matching pattern: String? = nil) throws -> [TensorRow] {
        let wanted = pattern?.lowercased()
        return try logicalTensors(of: try artifact(named: name).digest).compactMap { tensor, byteCount in
            if let wanted, !(tensor.logicalName ?? tensor.name).lowercased().contains(wanted) { return nil }
            return TensorRow(tensor, bytes: byteCount)
        }
    }

    /// The tensors of an artifact in file order, each with its bytes and those of its parts.
    func logicalTensors(of digest: Digest) throws -> [(tensor: TensorDraft, byteCount: Int)] {
        let records = try catalog.tensors(of: digest)
        // A quantized tensor lies in one folder, maybe in several files of it.
        var partBytes: [String: [String: Int]] = [:]
        for record in records {
            guard case .part(let principal, _) = record.tensor.place else { continue }
            partBytes[record.folder, default: [:]][principal, default: 0] += record.tensor.byteCount
        }
        return records.compactMap { record in
            let tensor = record.tensor
            if case .part = tensor.place { return nil }
            return (tensor, tensor.byteCount + (partBytes[record.folder]?[tensor.name] ?? 0))
        }
    }

    /// An artifact's ancestors and descendants, each edge once, nearest to the oldest ancestor first.
    public func lineage(of name: String) throws -> LineageReport {
        let artifact = try artifact(named: name)
        let ancestors = try catalog.lineage(of: artifact.digest, .ancestors).reversed().map(\.record)
        let records = ancestors + (try catalog.lineage(of: artifact.digest, .descendants).map(\.record))
        var report = LineageReport(
            name: try catalog.label(of: artifact.digest), digest: artifact.digest.hex,
            edges: records.map(LineageReport.Edge.init))
        var seen: Set<Digest> = []
        let withBase = Set(records.filter { $0.role == .base }.map(\.child))
        for digest in records.flatMap({ [$0.parent, $0.child] }) + [artifact.digest]
        where seen.insert(digest).inserted {
            // A parent that was removed has a digest and a name of former times only.
            guard let record = try catalog.artifact(digest) else { continue }
            let label = try catalog.label(of: digest)
            report.artifacts.append(
                .init(
                    name: label, digest: digest.hex, kind: record.kind.rawValue, scheme: record.scheme,
                    license: record.facts.license, logicalBytes: record.logicalByteCount))
            guard !withBase.contains(digest) else { continue }
            let bases = record.facts.baseModel?.split(separator: ",") ?? []
            report.stubs += bases.map {
                .init(name: $0.trimmingCharacters(in: .whitespaces), child: label, childDigest: digest.hex)
            }
        }
        return report
    }

    /// Everything that the catalog knows about one artifact.
    public func show(_ name: String) throws -> ArtifactDetail {
        let record = try artifact(named: name)
        let summaries = try catalog.summaries(of: record.digest)
        guard let first = summaries.first(where: { $0.label.lowercased() == name.lowercased() }) ?? summaries.first
        else {
            throw RegistryError("\(name) went away meanwhile", remedy: "See what is there with 'ingot ls'")
        }
        let versions = summaries.compactMap { summary in
            summary.name.flatMap { name in summary.version.map { "\(name)@v\($0)" } }
        }
        let names = summaries.filter { $0.tag != nil }.map(\.label)
        let card = try catalog.card(of: record.digest)
        return ArtifactDetail(
            artifact: ArtifactRow(first), names: names + Array(Set(versions)).sorted(),
            modelType: record.facts.modelType, layerCount: record.facts.layerCount,
            hiddenSize: record.facts.hiddenSize, headCount: record.facts.headCount,
            keyValueHeadCount: record.facts.keyValueHeadCount, vocabularySize: record.facts.vocabularySize,
            contextLength: record.facts.contextLength, baseModel: record.facts.baseModel,
            pipeline: card?.pipeline, library: card?.library, languages: card?.languages ?? [],
            cardTags: card?.tags ?? [], datasets: card?.datasets ?? [],
            notes: try catalog.notes(of: record.digest).map(ArtifactNote.init), sourcePath: record.sourcePath,
            sourceRepository: record.publication?.repository,
            sourceRevision: record.publication?.revision, reading: record.reading,
            files: try files(of: record.digest).map { file in
                .init(
                    path: file.path, role: file.role, bytes: file.byteCount, digest: file.digest.hex,
                    referencedPath: file.segments.first?.reference?.path)
            },
            tensorCount: first.tensorCount ?? 0,
            parents: try relations(of: record.digest, .ancestors),
            children: try relations(of: record.digest, .descendants),
            results: try catalog.results(of: record.digest).map(ResultRow.init), runs: try runs(writing: record.digest))
    }

    private func relations(
        of digest: Digest, _ direction: CatalogDatabase.LineageDirection
    ) throws -> [ArtifactDetail.Relation] {
        try catalog.lineage(of: digest, direction).filter { $0.distance == 1 }.map { step in
            let record = step.record
            let isParent = direction == .ancestors
            return .init(
                name: isParent ? record.parentLabel : record.childLabel,
                digest: isParent ? record.parent.hex : record.child.hex, role: record.role.rawValue,
                recipe: record.recipe, tool: record.tool, toolVersion: record.toolVersion,
                relRmse: record.relativeRMSE, createdAt: record.createdAt.text)
        }
    }
}

extension ArtifactRow {
    init(_ summary: ArtifactSummary) {
        let artifact = summary.artifact
        self.init(
            name: summary.name, tag: summary.tag, version: summary.version, kind: artifact.kind.rawValue,
            origin: artifact.origin.rawValue, scheme: artifact.scheme, format: artifact.format,
            digest: artifact.digest.hex, weightsDigest: artifact.weightsDigest?.hex ?? "",
            architecture: artifact.facts.architecture, parameters: artifact.parameterCount,
            logicalBytes: artifact.logicalByteCount, storedBytes: summary.storedByteCount,
            uniqueBytes: summary.uniqueByteCount, bitsPerWeight: artifact.bitsPerWeight,
            relRmse: summary.relativeRMSE, license: artifact.facts.license, createdAt: artifact.createdAt.text,
            quantization: artifact.facts.quantization, evictedBlobs: summary.evictedBlobCount)
    }
}

extension TensorRow {
    init(_ tensor: TensorDraft, bytes: Int) {
        var form: QuantizedForm?
        if case .principal(let quantized) = tensor.place { form = quantized }
        let count = tensor.parameterCount
        let statistics = tensor.statistics
        self.init(
            name: tensor.logicalName ?? tensor.name, dtype: form?.scheme ?? tensor.dtype,
            shape: (form?.shape ?? tensor.shape).dimensions, parameters: count, bytes: bytes,
            digest: tensor.digest.hex, minimum: statistics?.minimum, maximum: statistics?.maximum,
            absoluteMaximum: statistics?.absoluteMaximum, mean: statistics?.mean,
            standardDeviation: statistics?.standardDeviation, zeroFraction: statistics?.zeroFraction,
            nanCount: statistics?.nanCount ?? 0, infinityCount: statistics?.infinityCount ?? 0,
            relRmse: tensor.error?.relativeRMSE, cosine: tensor.error?.cosine, snrDb: tensor.error?.signalToNoise,
            maximumError: tensor.error?.maximumError,
            bitsPerWeight: count == 0 ? nil : 8 * Double(bytes) / Double(count), scheme: form?.scheme,
            bits: form?.bits, groupSize: form?.groupSize, storedName: tensor.name,
            weightedRelRmse: tensor.error?.weightedRelativeRMSE, shareZero: tensor.error?.zeroShare,
            shareClipped: tensor.error?.clippedShare)
    }
}

extension ResultRow {
    init(_ record: ResultRecord) {
        let result = record.result
        let word = result.value.isFinite ? nil : result.value.isNaN ? "nan" : result.value < 0 ? "-inf" : "inf"
        self.init(
            artifact: record.label, digest: result.artifact.hex, task: result.task, metric: result.metric,
            value: result.value.isFinite ? result.value : nil, valueText: word, unit: result.unit,
            higherIsBetter: result.higherIsBetter, stderr: result.standardError, sampleCount: result.sampleCount,
            dataset: result.dataset, tool: result.tool, toolVersion: result.toolVersion, host: result.host.name,
            measuredAt: result.measuredAt.text, datasetDigest: result.datasetDigest?.hex,
            promptDigest: result.promptDigest?.hex, sourceDigest: result.sourceDigest?.hex, cpu: result.host.cpu,
            cores: result.host.coreCount, memoryBytes: result.host.memoryByteCount, gpu: result.host.gpu,
            os: result.host.os, extra: result.extra)
    }
}

extension LineageReport.Edge {
    fileprivate init(_ record: LineageRecord) {
        self.init(
            child: record.childLabel, childDigest: record.child.hex, parent: record.parentLabel,
            parentDigest: record.parent.hex, role: record.role.rawValue, recipe: record.recipe, tool: record.tool,
            toolVersion: record.toolVersion, host: record.host, createdAt: record.createdAt.text,
            seconds: record.seconds, relRmse: record.relativeRMSE)
    }
}
