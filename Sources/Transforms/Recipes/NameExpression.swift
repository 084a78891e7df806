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

    /// Refuses a pattern of a foreign file that could take very long: one with a repeated group, a reference back, or
    /// more than three repetitions. Of the others, the time is a low power of a name's length.
    static func checkBound(_ pattern: String) throws(FormatError) {
        var repetitions = 0
        var isEscaped = false, isInClass = false, repeatsGroup = false, refersBack = false
        var last: Character = " "
        for character in pattern {
            if isEscaped {
                isEscaped = false
                refersBack = refersBack || "123456789k".contains(character)
                last = " "
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "[": isInClass = true
            case "]": isInClass = false
            case "*", "+", "{":
                if isInClass { break }
                repetitions += 1
                repeatsGroup = repeatsGroup || last == ")"
            default: break
            }
            last = character
        }
        guard pattern.utf8.count <= 256, repetitions <= 3, !repeatsGroup, !refersBack else {
            throw FormatError(
                .refused, "the pattern '\(pattern.shortened)' could take very long to match",
                remedy: "Write the modules' names out, or with three repetitions at most and no repeated group")
        }
    }

    func finds(in name: String) -> Bool {
        expression.firstMatch(in: name, range: NSRange(name.startIndex..., in: name)) != nil
    }
}
