import Bytes
import Catalog
import Foundation

extension ExportDraft {
    /// What the catalog keeps of an export.
    init(_ report: ExportReport, options: String) throws {
        let lines = report.files.sorted(byBytesOf: \.path)
            .map { "\($0.path)\t\($0.digest)\n" }
        guard let artifact = Digest(hex: report.digest) else {
            throw RegistryError("'\(report.digest)' is no digest", remedy: "Report it together with the command")
        }
        self.init(
            artifact: artifact, format: report.format,
            destination: URL(fileURLWithPath: report.destination).standardizedFileURL.path, options: options,
            exportedDigest: Digest(of: lines.joined()), byteCount: report.bytes, toolVersion: ModelRegistry.version,
            tensors: report.changes.map(ExportDraft.Tensor.init))
    }
}

extension ExportDraft.Tensor {
    init(_ change: ExportReport.Change) {
        self.init(
            name: change.name, outcome: Outcome(rawValue: change.outcome) ?? .cast, reason: change.reason,
            fromType: change.fromType, toType: change.toType)
        overflowCount = change.overflow
        underflowCount = change.underflow
        subnormalCount = change.subnormal
        nanCount = change.nan
        infinityCount = change.infinity
    }
}
