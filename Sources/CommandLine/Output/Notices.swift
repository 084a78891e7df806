#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Remarks and errors, on standard error.
enum Notices {
    /// Prints `ingot: message`, on one line.
    static func error(_ message: String) { line("ingot: \(TerminalText.escaped(message))") }

    /// Prints `note: message`, on one line.
    static func note(_ message: String) { line("note: \(TerminalText.escaped(message))") }

    /// Prints `text` as it is, and a line feed.
    static func line(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        // Nothing is left to tell the user with when standard error itself cannot be written.
        _ = try? TextOutput.write(bytes.span, to: STDERR_FILENO, named: "standard error")
    }
}
