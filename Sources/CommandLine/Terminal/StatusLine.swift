import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One line of the terminal that is rewritten as things change.
final class StatusLine: Sendable {
    private let isDrawn = Mutex(false)
    private static let eraseLine = "\r\u{1B}[K"

    /// A line on standard error; nil when that is not a terminal.
    static func onTerminal() -> StatusLine? { isatty(STDERR_FILENO) == 1 ? StatusLine() : nil }

    /// Shows a line, as much of it as fits.
    func show(_ text: String) {
        isDrawn.withLock { isDrawn in
            isDrawn = true
            Self.write(Self.eraseLine + TerminalText.fitted(text, in: ProgressBar.terminalWidth() - 1))
        }
    }

    /// Takes the line away.
    func finish() {
        isDrawn.withLock { isDrawn in
            if isDrawn { Self.write(Self.eraseLine) }
            isDrawn = false
        }
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // A line that cannot be drawn is no reason to stop the work.
        _ = try? TextOutput.write(bytes.span, to: STDERR_FILENO, named: "standard error")
    }
}
