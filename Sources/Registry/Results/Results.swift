import Bytes
import Catalog
import Foundation
import Measurements

extension ModelRegistry {
    /// Records measurements of an artifact, made on this machine; they stay tied to its bytes, also when its name
    /// moves.
    public func addResults(_ results: [NewResult], to name: String) throws -> ResultsReport {
        let (now, host) = (Timestamp.now(), ThisMachine.description())
        return try add(to: name) { digest in
            results.map { result in
                ResultDraft(
                    artifact: digest, task: result.task, metric: result.metric, value: result.value, unit: result.unit,
                    dataset: result.dataset, tool: result.tool, host: host, measuredAt: now)
            }
        }
    }

    /// Records what tools have written to files; the same file twice, or a copy of it, changes nothing.
    /// - Throws: `FormatError` for a file that is no result file Ingot reads; then none is recorded.
    public func importResults(_ request: ResultsImportRequest) throws -> ResultsReport {
        let reading = try ResultReading(request)
        var report = try add(to: request.name) { digest in
            reading.files.flatMap { file in file.results.map { Self.draft(of: $0, for: digest, from: file) } }
        }
        report.notes = reading.notes
        return report
    }

    /// What `ResultsImportRequest.format` may be.
    public static var resultFormats: [String] { ResultFormats.names }

    /// The measurements of one artifact, or of all.
    public func results(of name: String? = nil) throws -> [ResultRow] {
        let digest = try name.map { try artifact(named: $0).digest }
        return try catalog.results(of: digest).map(ResultRow.init)
    }

    private static func draft(
        of result: MeasuredResult, for digest: Digest, from file: ResultReading.File
    ) -> ResultDraft {
        ResultDraft(
            artifact: digest, task: result.task, metric: result.metric, value: result.value, unit: result.unit,
            higherIsBetter: result.higherIsBetter ?? MetricDirection.isHigherBetter(result.metric),
            standardError: result.standardError, sampleCount: result.sampleCount, dataset: result.dataset,
            datasetDigest: result.datasetDigest,
            promptDigest: result.promptDigest, tool: result.tool, toolVersion: result.toolVersion, host: result.host,
            measuredAt: result.measuredAt.map(Timestamp.init(secondsSince1970:)) ?? file.writtenAt,
            sourceDigest: file.digest, extra: result.extra)
    }

    private func add(to name: String, _ drafts: (Digest) -> [ResultDraft]) throws -> ResultsReport {
        let digest = try artifact(named: name).digest
        let results = drafts(digest)
        let added = try catalog.add(results)
        return ResultsReport(
            name: try catalog.label(of: digest), digest: digest.hex, added: added, unchanged: results.count - added,
            notes: [])
    }
}
