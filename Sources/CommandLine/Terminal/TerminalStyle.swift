#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How text is emphasized: by escape sequences on a terminal, not at all elsewhere; and how wide lines may be.
struct TerminalStyle: Sendable {
    private let isOn: Bool
    /// Cells of a line; nil where it is no terminal, or one that does not tell.
    let width: Int?

    /// No emphasis, and lines as wide as they come.
    static let plain = TerminalStyle(isOn: false)

    init(isOn: Bool, width: Int? = nil) {
        self.isOn = isOn
        self.width = width
    }

    /// For standard output: on when that is a terminal and the user did not ask for no color.
    static func standardOutput(_ environment: Environment) -> Self {
        guard isatty(STDOUT_FILENO) == 1 else { return .plain }
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return Self(isOn: environment.allowsColor, width: isKnown ? Int(size.ws_col) : nil)
    }

    /// Bold text.
    func bold(_ text: String) -> String { isOn ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// Text in one of the 256 colors that terminals number.
    func colored(_ text: String, _ color: Int) -> String { isOn ? "\u{1B}[38;5;\(color)m\(text)\u{1B}[0m" : text }
}
