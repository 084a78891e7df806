import Foundation

/// Moments as logs write them in words.
package enum MomentText {
    /// Milliseconds since 1970 of ISO 8601 with a zone (`Z`, `+02:00`), with `T` or a space, with or without a fraction.
    /// Nil for anything else: a time without a zone is no moment.
    package static func milliseconds(_ text: String) -> Int64? {
        guard text.utf8.count >= 20, text.utf8.count <= 40 else { return nil }
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        var style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        if let date = try? style.parse(text) { return Int64((date.timeIntervalSince1970 * 1000).rounded()) }
        style = style.timeZone(separator: .colon)
        guard let date = try? style.parse(text) else { return nil }
        return Int64((date.timeIntervalSince1970 * 1000).rounded())
    }
}
