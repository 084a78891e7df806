import Bytes

/// What `meta.yaml` in a run's folder of MLflow's file store tells: `key: value`, one a line.
package struct MLflowRunFile: Equatable, Sendable {
    /// The run's own identity.
    package let runID: String
    package let name: String?
    /// Milliseconds since 1970.
    package let startedAt: Int64?
    package let experimentID: String?

    /// More than this is no such file.
    package static let greatestByteCount = 1 << 20

    /// Nil for the `meta.yaml` of something else, such as an experiment.
    package init?(parsing bytes: [UInt8]) {
        var members: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
            let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
            members[String(line[..<colon])] = Self.unquoted(String(value))
        }
        guard let id = members["run_id"] ?? members["run_uuid"], !id.isEmpty, id.utf8.count <= 256 else { return nil }
        runID = id
        name = members["run_name"].flatMap { ["", "null", "~"].contains($0) ? nil : $0 }
        startedAt = members["start_time"].flatMap { Int64($0) }
        experimentID = members["experiment_id"]
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["'", "\""] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast()).split(separator: quote + quote, omittingEmptySubsequences: false)
                .joined(separator: quote)
        }
        return text
    }
}
