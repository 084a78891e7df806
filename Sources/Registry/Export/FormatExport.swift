import Architectures
import Bytes
import Catalog
import Formats
import Foundation
import Numbers
import Tensors
import Transforms

/// An export in another layout or with other dtypes: planned as a whole, then written in one pass.
struct FormatExport {
    let registry: ModelRegistry
    let source: ExportSource
    let options: ExportOptions
    let request: ExportRequest

    func run(start: ContinuousClock.Instant, progress: ProgressHandler?) throws -> ExportReport {
        let plan = try ExportPlan(source, options)
        let byteCount = plan.files.reduce(0) { $0 + $1.byteCount }
        let target = try ExportTarget(
            request, files: plan.files.map(\.path), references: try registry.protectedFiles(from: request))
        let meter = ProgressMeter("export \(request.name)", total: byteCount, handler: progress)
        return try target.filling {
            byteCount
        } with: {
            var changes = plan.dropped.map { ExportReport.Change(name: $0.name, outcome: "dropped", reason: $0.reason) }
            let files = try plan.files.map { file in
                let output = try ExportedFile(file.path, in: target, meter: meter)
                return try write(file, to: output, &changes)
            }
            var notes = plan.notes
            let roundTrip = try wayBack(of: plan, in: target, &notes)
            return ExportReport(
                name: request.name, digest: source.artifact.record.digest.hex, destination: request.destination,
                format: options.format.rawValue, files: target.named(files), bytes: byteCount, changes: changes,
                roundTrip: roundTrip, notes: notes,
                seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    /// What GGUF would get back of a folder that was made of it; a folder that does not go back is a sound one all the
    /// same, and the notes say why.
    private func wayBack(
        of plan: ExportPlan, in target: ExportTarget, _ notes: inout [String]
    ) throws -> ExportReport.RoundTrip? {
        guard let config = plan.rebuiltConfig, options.format == .safetensors else { return nil }
        do {
            let places = try plan.files.map { try target.place(of: $0.path) }
            return try RoundTrip(plan, config: config, written: places).report()
        } catch let error as FormatError {
            notes.append("this does not become GGUF again: \(error.problem)")
            return nil
        }
    }

    private func write(
        _ file: ExportPlan.File, to output: ExportedFile, _ changes: inout [ExportReport.Change]
    ) throws -> ExportReport.File {
        switch file.content {
        case .weights(let layout, let parts):
            try write(layout, parts, to: output, &changes)
            return try output.finish("written")
        case .made(let bytes):
            try output.append(bytes.span)
            return try output.finish("written")
        case .copy(let stored):
            try StoredFileReader(store: registry.store).forEachPiece(of: 0..<stored.byteCount, in: stored) {
                try output.append($0)
            }
            return try output.finish("copied", expecting: stored.digest)
        }
    }

    private func write(
        _ layout: any OutputLayout, _ parts: [PlannedPart], to output: ExportedFile,
        _ changes: inout [ExportReport.Change]
    ) throws {
        var writer = layout.writer()
        try output.append(writer.start().span)
        for part in parts {
            let tensor = part.tensor
            try output.append(writer.begin().span)
            do {
                let counts = try write(part, output.digests) { piece in
                    writer.add(piece)
                    try output.append(piece)
                }
                if options.overflow == .fail, counts.overflow > 0, let dtype = tensor.type.dtype {
                    throw TypeChoice.tooLarge(counts.overflow, dtype)
                }
                if part.index == 0, let change = ExportReport.Change(tensor, counts) { changes.append(change) }
            } catch var error as FormatError {
                error.tensor = error.tensor ?? tensor.name
                throw error
            }
            try output.append(writer.end().span)
        }
        try output.append(writer.finish().span)
    }

    private func write(
        _ part: PlannedPart, _ digests: ExportDigests, _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        let tensor = part.tensor
        if tensor.isRepacked {
            let rows = try tensor.sources.map { try source.packedRows(of: $0, as: part.packedContent) }
            return try TensorRenderer(kernels: registry.kernels).render(
                tensor.mapping, as: .plain(.U8), from: rows, body)
        }
        if tensor.isCopy {
            try source.forEachPiece(of: tensor.sources[0], for: digests, body)
            return CastCounts()
        }
        let renderer = TensorRenderer(
            kernels: registry.kernels, overflow: options.overflow == .saturate ? .toGreatest : .toInfinity)
        return try renderer.render(
            tensor.mapping, as: tensor.type, from: try tensor.sources.map { try source.rows(of: $0, for: digests) },
            body)
    }
}

extension ExportReport.Change {
    /// What became of a tensor; nil when it is written as it is.
    init?(_ tensor: PlannedTensor, _ counts: CastCounts) {
        guard let first = tensor.sources.first, tensor.widened != nil || !tensor.isCopy else { return nil }
        let from = first.scheme ?? tensor.sourceType.name
        if tensor.isRepacked {
            let to = tensor.mapping.isPacked ? LogicalTensor.gptOSSScheme : tensor.type.name
            self.init(
                name: tensor.name, outcome: "cast", reason: "exact: codes and scales stay as they are", fromType: from,
                toType: to, overflow: 0, underflow: 0, subnormal: 0, nan: 0, infinity: 0)
            return
        }
        guard from != tensor.type.name || tensor.widened != nil else { return nil }
        self.init(
            name: tensor.name, outcome: tensor.widened == nil ? "cast" : "widened", reason: tensor.widened,
            fromType: from, toType: tensor.type.name, overflow: counts.overflow, underflow: counts.underflow,
            subnormal: counts.subnormal, nan: counts.nan, infinity: counts.infinity)
    }
}
