/// How rows are printed.
enum RowStyle: String, CaseIterable, Sendable {
    /// Columns for a person.
    case table
    /// One array of objects.
    case json
    /// One object a line.
    case jsonl
    /// RFC 4180, with a heading; null is empty, an empty text is `""`.
    case csv
    /// A table to paste into a page.
    case markdown

    /// Whether a person reads it: numbers shortened, fewer columns.
    var isForPeople: Bool { self == .table || self == .markdown }
}
