/// Why a query was not answered.
package struct SQLDoorError: Error, Equatable, Sendable {
    /// The kind of fault, for callers that branch.
    package enum Code: String, Sendable {
        /// SQLite does not understand the query.
        case query
        /// The query wants more than to read, or is not one statement.
        case refused
        case timeLimit
        case memoryLimit
        case cancelled
        /// The catalog is damaged, or another reason of SQLite's.
        case failed
    }

    /// A place in the query, both numbers from 1.
    package struct Place: Equatable, Sendable {
        package let line: Int
        /// Counted in characters.
        package let column: Int

        /// - Parameter byteOffset: from the query's start; nil and what lies outside is no place.
        init?(byteOffset: Int?, in query: String) {
            guard let byteOffset, byteOffset >= 0, byteOffset <= query.utf8.count else { return nil }
            let before = String(decoding: query.utf8.prefix(byteOffset), as: UTF8.self)
            let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
            line = lines.count
            column = (lines.last?.count ?? 0) + 1
        }
    }

    package var code: Code
    /// What is wrong; no final period.
    package var problem: String
    /// Where in the query, if SQLite tells.
    package var place: Place?
    /// What to do; no final period.
    package var remedy: String

    init(_ code: Code, _ problem: String, at place: Place? = nil, remedy: String) {
        self.code = code
        self.problem = problem
        self.place = place
        self.remedy = remedy
    }
}

extension SQLDoorError: CustomStringConvertible {
    /// `line 1, column 8: problem. Remedy.`
    package var description: String {
        let prefix = place.map { "line \($0.line), column \($0.column): " } ?? ""
        return "\(prefix)\(problem). \(remedy)."
    }
}
