import Bytes

/// What `meta.yaml` in a run's folder of MLflow's file store tells: `key: value`, one a line.
///
/// Source: MLflow, `mlflow/store/tracking/file_store.py` and `mlflow/entities/run_status.py`.
package struct MLflowRunFile: Equatable, Sendable {
    /// The run's own identity.
    package let runID: String
    package let name: String?
    /// Milliseconds since 1970.
    package let startedAt: Int64?
    /// Milliseconds since 1970.
    package let endedAt: Int64?
    /// `RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`.
    package let status: String?
    /// Whether the run was deleted, and waits for MLflow's garbage collection.
    package let isDeleted: Bool

    /// More than this is no such file.
    package static let greatestByteCount = 1 << 20
    private static let statuses = ["1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"]

    /// Nil for the `meta.yaml` of something else, such as an experiment.
    package init?(parsing bytes: [UInt8]) {
        let members = Self.members(bytes)
        guard let id = members["run_id"] ?? members["run_uuid"], !id.isEmpty, id.utf8.count <= 256 else { return nil }
        runID = id
        name = members["run_name"]
        startedAt = Self.moment(members["start_time"])
        endedAt = Self.moment(members["end_time"])
        status = members["status"].map { Self.statuses[$0] ?? $0 }
        isDeleted = members["lifecycle_stage"] == "deleted"
    }

    /// The experiment's name in the `meta.yaml` of an experiment's folder.
    package static func experimentName(parsing bytes: [UInt8]) -> String? {
        let members = members(bytes)
        return members["experiment_id"] == nil ? nil : members["name"]
    }

    private static func moment(_ text: String?) -> Int64? {
        text.flatMap(Double.init).flatMap(LogField.milliseconds)
    }

    private static func members(_ bytes: [UInt8]) -> [String: String] {
        var members: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
            let value = unquoted(String(line[line.index(after: colon)...].drop(while: \.isWhitespace)))
            if !["", "null", "~"].contains(value) { members[String(line[..<colon])] = value }
        }
        return members
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["'", "\""] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast()).split(separator: quote + quote, omittingEmptySubsequences: false)
                .joined(separator: quote)
        }
        return text
    }
}
