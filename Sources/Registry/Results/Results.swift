import Bytes
import Catalog
import Foundation

extension ModelRegistry {
    /// Records measurements of an artifact; they stay tied to its bytes, also when its name moves.
    public func addResults(_ results: [NewResult], to name: String) throws -> ResultsReport {
        let now = Timestamp.now()
        return try add(to: name) { digest in
            results.map { result in
                ResultDraft(
                    artifact: digest, task: result.task, metric: result.metric, value: result.value, unit: result.unit,
                    dataset: result.dataset, tool: result.tool, host: Self.hostName, measuredAt: now)
            }
        }
    }

    /// Records what tools have written to files; the same file twice changes nothing.
    /// - Throws: `FormatError` for a file that is no result file Ingot reads; then none is recorded.
    public func importResults(from paths: [String], for name: String) throws -> ResultsReport {
        let now = Timestamp.now()
        let files = try paths.map { path in
            let file = try OpenFile(path)
            guard file.byteCount <= EvaluationHarnessFile.greatestByteCount else {
                throw FormatError(
                    .refused,
                    "the file has \(file.byteCount) bytes, at most \(EvaluationHarnessFile.greatestByteCount >> 20) MiB "
                        + "are read", file: path, remedy: "Give the results_….json that lm_eval wrote, not its samples")
            }
            let bytes = try file.bytes(0..<file.byteCount)
            return (results: try EvaluationHarnessFile(parsing: bytes, file: path).results, digest: Digest(of: bytes))
        }
        return try add(to: name) { digest in
            files.flatMap { file in
                file.results.map { result in
                    ResultDraft(
                        artifact: digest, task: result.task, metric: result.metric, value: result.value,
                        unit: result.unit, higherIsBetter: result.higherIsBetter, standardError: result.standardError,
                        sampleCount: result.sampleCount, dataset: result.dataset, tool: result.tool,
                        toolVersion: result.toolVersion,
                        measuredAt: result.measuredAt.flatMap { Timestamp($0) } ?? now, sourceDigest: file.digest,
                        extra: result.extra.members.isEmpty ? nil : JSONValue.object(result.extra.sorted()).text())
                }
            }
        }
    }

    /// The measurements of one artifact, or of all.
    public func results(of name: String? = nil) throws -> [ResultRow] {
        let digest = try name.map { try artifact(named: $0).digest }
        return try catalog.results(of: digest).map(ResultRow.init)
    }

    private func add(to name: String, _ drafts: (Digest) -> [ResultDraft]) throws -> ResultsReport {
        let digest = try artifact(named: name).digest
        let results = drafts(digest)
        let added = try catalog.add(results)
        return ResultsReport(
            name: try catalog.label(of: digest), digest: digest.hex, added: added, unchanged: results.count - added)
    }
}
