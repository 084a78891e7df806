import Registry
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Draws how far a long act has come, on one line of the terminal that it rewrites. Updates come from any thread.
final class ProgressBar: Sendable {
    private let state = Mutex(State())
    private let cellLimit: @Sendable () -> Int
    private let draw: @Sendable (String) -> Void

    private struct State {
        var activity: String?
        var activityStart = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
        var isDone = false
    }

    private static let interval = Duration.milliseconds(100)
    private static let eraseLine = "\r\u{1B}[K"

    /// - Parameters:
    ///   - cellLimit: the terminal's width.
    ///   - draw: writes text to the terminal.
    init(cellLimit: @escaping @Sendable () -> Int, draw: @escaping @Sendable (String) -> Void) {
        self.cellLimit = cellLimit
        self.draw = draw
    }

    /// A bar on standard error; nil when that is not a terminal, so that pipes and logs stay clean.
    static func onTerminal() -> ProgressBar? {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
        return ProgressBar(cellLimit: terminalWidth) { text in
            let bytes = Array(text.utf8)
            // A bar that cannot be drawn is no reason to stop the work.
            _ = try? TextOutput.write(bytes.span, to: STDERR_FILENO, named: "standard error")
        }
    }

    /// Shows `update`, unless something was drawn a moment ago.
    func show(_ update: ProgressUpdate) {
        state.withLock { state in
            let now = ContinuousClock.now
            if state.activity != update.activity {
                state.activity = update.activity
                state.activityStart = now
                state.lastDrawn = nil
            }
            guard !state.isDone, state.lastDrawn.map({ now - $0 >= Self.interval }) ?? true else { return }
            state.lastDrawn = now
            let seconds = (now - state.activityStart) / .seconds(1)
            draw(Self.eraseLine + ProgressLine(update: update, seconds: seconds).text(cellLimit: cellLimit() - 1))
        }
    }

    /// Takes the line away; later updates show nothing.
    func finish() {
        state.withLock { state in
            if !state.isDone, state.lastDrawn != nil { draw(Self.eraseLine) }
            state.isDone = true
        }
    }

    static func terminalWidth() -> Int {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
