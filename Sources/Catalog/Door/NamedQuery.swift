import Foundation

/// A query that Ingot brings along, of `schemas/queries/`.
///
/// A file begins with comments: what it answers, then a line `:name  meaning` for each parameter, which may end in
/// `(default VALUE)`, `(default VALUE: meaning)`. The rest is one SELECT statement.
package struct NamedQuery: Equatable, Sendable {
    /// A value that the query is asked with.
    package struct Parameter: Equatable, Sendable {
        package let name: String
        package let meaning: String
        /// What it is when none is given; nil: one must be given.
        package let defaultValue: String?
    }

    package let name: String
    package let meaning: String
    package let parameters: [Parameter]
    package let sql: String

    /// All of them, by name.
    package static let all: [NamedQuery] = [
        NamedQuery("against-parent", PackageResources.against_parent_sql),
        NamedQuery("best-runs", PackageResources.best_runs_sql),
        NamedQuery("checkpoint-runs", PackageResources.checkpoint_runs_sql),
        NamedQuery("descendants", PackageResources.descendants_sql),
        NamedQuery("error-and-result", PackageResources.error_and_result_sql),
        NamedQuery("find", PackageResources.find_sql),
        NamedQuery("freeable", PackageResources.freeable_sql),
        NamedQuery("layers", PackageResources.layers_sql),
        NamedQuery("licenses", PackageResources.licenses_sql),
        NamedQuery("metric-history", PackageResources.metric_history_sql),
        NamedQuery("results-across", PackageResources.results_across_sql),
        NamedQuery("schemes", PackageResources.schemes_sql),
        NamedQuery("shared-tensors", PackageResources.shared_tensors_sql),
        NamedQuery("space", PackageResources.space_sql),
        NamedQuery("unverified", PackageResources.unverified_sql),
        NamedQuery("variants", PackageResources.variants_sql),
        NamedQuery("worst-tensors", PackageResources.worst_tensors_sql),
    ]

    /// - Throws: `SQLDoorError` with the names that there are.
    package static func named(_ name: String) throws(SQLDoorError) -> NamedQuery {
        if let query = all.first(where: { $0.name == name }) { return query }
        throw SQLDoorError(
            .query, "there is no query '@\(name)'",
            remedy: Suggestions.remedy(for: name, among: all.map(\.name)) ?? "See 'ingot sql --list'")
    }

    init(_ name: String, _ file: [UInt8]) {
        self.name = name
        var meaning: [String] = []
        var parameters: [Parameter] = []
        var lines = String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)[...]
        while let line = lines.first, line.hasPrefix("--") {
            let text = line.dropFirst(2).trimmingCharacters(in: .whitespaces)
            if text.hasPrefix(":") {
                parameters.append(Self.parameter(text))
            } else {
                meaning.append(text)
            }
            lines.removeFirst()
        }
        self.meaning = meaning.joined(separator: " ")
        self.parameters = parameters
        sql = lines.joined(separator: "\n")
    }

    private static func parameter(_ line: String) -> Parameter {
        let parts = line.dropFirst().split(separator: " ", maxSplits: 1)
        let meaning = parts.dropFirst().first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
        let value = meaning.range(of: "(default ").map { range in
            String(meaning[range.upperBound...].prefix { $0 != ")" && $0 != ":" })
        }
        return Parameter(name: parts.first.map(String.init) ?? "", meaning: meaning, defaultValue: value)
    }
}
