package import Bytes
import GRDB
import Measurements

/// A row of view `result_summary`.
package struct ResultRecord: Equatable, Sendable {
    /// The shortest text that finds the artifact, or the beginning of its digest once it is forgotten.
    package let label: String
    package let result: ResultDraft
}

extension CatalogDatabase {
    /// Adds measurements, all or none. One that is there already, in everything but host and time, stays as it is.
    /// - Returns: how many were new.
    package func add(_ results: [ResultDraft]) throws -> Int {
        try write { database in
            var count = 0
            for result in results {
                try database.run(
                    """
                    INSERT INTO result (
                        artifact_digest, task, metric, value, value_text, unit, higher_is_better, standard_error,
                        sample_count, dataset, dataset_digest, prompt_digest, tool, tool_version, host, host_cpu,
                        host_cores, host_memory, host_gpu, host_os, measured_at, source_digest, extra
                    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                    [
                        result.artifact.hex, result.task, result.metric, result.value.ifFinite, result.valueText,
                        result.unit, result.higherIsBetter, result.standardError?.ifFinite, result.sampleCount,
                        result.dataset, result.datasetDigest?.hex, result.promptDigest?.hex, result.tool,
                        result.toolVersion, result.host.name, result.host.cpu, result.host.coreCount,
                        result.host.memoryByteCount, result.host.gpu, result.host.os, result.measuredAt.text,
                        result.sourceDigest?.hex, result.extra,
                    ])
                count += database.changesCount
            }
            return count
        }
    }

    /// Measurements of one artifact or of all, by artifact, task, metric and time.
    package func results(of digest: Digest? = nil) throws -> [ResultRecord] {
        try read { database in
            try ResultRecord.fetchAll(
                database,
                sql: """
                    SELECT l.artifact AS artifact, r.* FROM result AS r
                    LEFT JOIN artifact_label AS l ON l.digest = r.artifact_digest
                    WHERE ?1 IS NULL OR r.artifact_digest = ?1
                    ORDER BY l.artifact IS NULL, l.artifact, r.artifact_digest, r.task, r.metric, r.measured_at, r.id
                    """, arguments: [digest?.hex])
        }
    }
}

extension ResultDraft {
    /// The word for a value that is not a finite number; nil for one that is.
    fileprivate var valueText: String? {
        if value.isFinite { return nil }
        return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
    }
}

extension ResultRecord: FetchableRecord {
    init(row: Row) throws {
        let digest = try row.digest("artifact_digest")
        label = try row.optional("artifact") ?? "@\(digest.hex.prefix(12))"
        let word = try row.optional("value_text") ?? ""
        let value =
            try row.optional("value", as: Double.self)
            ?? (word == "inf" ? Double.infinity : word == "-inf" ? -Double.infinity : Double.nan)
        result = ResultDraft(
            artifact: digest, task: try row.optional("task"), metric: try row.text("metric"), value: value,
            unit: try row.optional("unit"), higherIsBetter: try row.optional("higher_is_better"),
            standardError: try row.optional("standard_error"), sampleCount: try row.optional("sample_count"),
            dataset: try row.optional("dataset"), datasetDigest: try row.optionalDigest("dataset_digest"),
            promptDigest: try row.optionalDigest("prompt_digest"), tool: try row.optional("tool"),
            toolVersion: try row.optional("tool_version"), host: try Self.host(row),
            measuredAt: try row.timestamp("measured_at"), sourceDigest: try row.optionalDigest("source_digest"),
            extra: try row.optional("extra"))
    }

    private static func host(_ row: Row) throws -> MeasuringHost {
        MeasuringHost(
            name: try row.optional("host"), cpu: try row.optional("host_cpu"),
            coreCount: try row.optional("host_cores"), memoryByteCount: try row.optional("host_memory"),
            gpu: try row.optional("host_gpu"), os: try row.optional("host_os"))
    }
}
