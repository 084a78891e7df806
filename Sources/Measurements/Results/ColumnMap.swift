package import Bytes

/// Which columns of a table mean what: `metric=Metric,value=Score,task=Task`.
///
/// Items are separated by commas (`\,` is one that is meant), and the map may be given in several texts. `FIELD=COLUMN`
/// takes a column by its heading, `FIELD=#3` by its place, from 1; in JSON, `scores.acc` is a member of a member.
/// `FIELD:=TEXT` gives all rows the same. `value`, `stderr` and `condition` may stand several times. Without `metric`,
/// each `value` column is a metric of its own, called as its column; the first `stderr` then belongs to the first
/// `value`, and so on. A `condition` column is kept as a setting under its own name.
package struct ColumnMap: Equatable, Sendable {
    /// What a column can mean.
    package enum Field: String, CaseIterable, Sendable {
        case task, metric, value, unit, stderr, dataset, tool, time, host, cpu, cores, memory, gpu, os, condition
        case sampleCount = "n"
        case higherIsBetter = "higher_is_better"
        case datasetDigest = "dataset_digest"
        case promptDigest = "prompt_digest"
        case toolVersion = "tool_version"

        /// Whether it may stand several times.
        var isRepeatable: Bool { [.value, .stderr, .condition].contains(self) }
    }

    /// Where a field's content comes from.
    enum Source: Equatable, Sendable {
        case column(String)
        /// From 0.
        case place(Int)
        case text(String)
    }

    private(set) var sources: [Field: [Source]] = [:]

    /// - Throws: `FormatError` for an item that is none, a field that there is not, or one that stands twice.
    package init(_ texts: [String]) throws(FormatError) {
        for item in texts.flatMap(Self.items) { try add(item) }
        guard let values = sources[.value] else {
            throw Self.fault("the map has no value=COLUMN", "Say which column holds the numbers")
        }
        let errors = sources[.stderr]?.count ?? 0
        guard errors == 0 || errors == values.count else {
            throw Self.fault(
                "\(values.count) value columns and \(errors) stderr columns",
                "Give each value its stderr, in the same order, or none")
        }
        guard sources[.metric] == nil || values.count == 1 else {
            throw Self.fault(
                "a metric column and \(values.count) value columns", "Give one value column, or leave metric= out")
        }
    }

    /// The map of a table whose columns are called as the fields are; nil when it has no `metric` or no `value`.
    init?(columns: [String]) {
        for column in columns {
            let name = Self.aliases[column.lowercased()] ?? column.lowercased()
            guard let field = Field(rawValue: name), field != .condition, sources[field] == nil else { continue }
            sources[field] = [.column(column)]
        }
        guard sources[.metric] != nil, sources[.value] != nil else { return nil }
    }

    /// What `ingot results --output csv` and others call some fields.
    private static let aliases = [
        "samples": "n", "sample_count": "n", "measured_at": "time", "memory_bytes": "memory", "std_err": "stderr",
        "standard_error": "stderr",
    ]

    private mutating func add(_ item: String) throws(FormatError) {
        guard let equals = item.firstIndex(of: "=") else {
            throw Self.fault("'\(item.shortened)' is no FIELD=COLUMN", "Write for example metric=Metric,value=Score")
        }
        var name = item[..<equals]
        let isText = name.hasSuffix(":")
        if isText { name = name.dropLast() }
        let content = String(item[item.index(after: equals)...])
        guard let field = Field(rawValue: name.trimmed) else {
            let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.fault("there is no field '\(name.trimmed.shortened)'", "Use one of \(known)")
        }
        guard !content.isEmpty else {
            throw Self.fault("'\(item.shortened)' names no column", "Name one behind the '='")
        }
        guard sources[field] == nil || field.isRepeatable else {
            throw Self.fault("the field '\(field.rawValue)' stands twice", "Give it once")
        }
        guard !isText || field != .value else {
            throw Self.fault("value:= would give all rows the same value", "Name a column: value=COLUMN")
        }
        sources[field, default: []].append(isText ? .text(content) : try Self.source(content))
    }

    private static func source(_ content: String) throws(FormatError) -> Source {
        guard content.hasPrefix("#") else { return .column(content) }
        guard let number = Int(content.dropFirst()), (1...100_000).contains(number) else {
            throw fault("'\(content.shortened)' is no place of a column", "Count columns from #1")
        }
        return .place(number - 1)
    }

    /// The parts between commas that no backslash precedes.
    private static func items(_ text: String) -> [String] {
        var items = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                items[items.count - 1] += character == "," ? "," : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                items.append("")
            } else {
                items[items.count - 1].append(character)
            }
        }
        if isEscaped { items[items.count - 1] += "\\" }
        return items.filter { !$0.isEmpty }
    }

    private static func fault(_ problem: String, _ remedy: String) -> FormatError {
        FormatError(.refused, "--map: \(problem)", remedy: remedy)
    }
}
