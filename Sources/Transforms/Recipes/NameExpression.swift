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

    func finds(in name: String) -> Bool {
        expression.firstMatch(in: name, range: NSRange(name.startIndex..., in: name)) != nil
    }
}
