import Bytes
import Foundation

/// A regular expression over tensor names (ICU syntax), checked when it is made.
struct NameExpression: Sendable {
    private let expression: NSRegularExpression

    init(_ pattern: String) throws(FormatError) {
        do {
            expression = try NSRegularExpression(pattern: pattern)
        } catch {
            throw FormatError(
                .refused, "'\(pattern)' is not a regular expression",
                remedy: "Write a dot as '\\.', and check brackets and parentheses")
        }
    }

    /// The same for a pattern of a foreign file, which may have been written to take for ever.
    /// - Throws: `FormatError` when the search has gone on for a while: after so many steps, whatever the machine.
    func findsSoon(in name: String) throws(FormatError) -> Bool {
        var isFound = false
        var reportCount = 0
        expression.enumerateMatches(
            in: name, options: .reportProgress, range: NSRange(name.startIndex..., in: name)
        ) { match, _, stop in
            isFound = match != nil
            reportCount += 1
            if isFound || reportCount > Self.mostReports { unsafe stop.pointee = true }
        }
        guard isFound || reportCount <= Self.mostReports else {
            throw FormatError(
                .refused, "the pattern '\(expression.pattern.shortened)' takes too long on '\(name.shortened)'",
                remedy: "Write it without repetitions and choices within others, or the modules' names out")
        }
        return isFound
    }

    /// ICU tells of its progress every 10,000 steps or so, in about half a millisecond.
    private static let mostReports = 200

    func finds(in name: String) -> Bool {
        expression.firstMatch(in: name, range: NSRange(name.startIndex..., in: name)) != nil
    }
}
