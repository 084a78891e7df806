#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How text is emphasized: by escape sequences on a terminal, not at all elsewhere.
struct TerminalStyle: Sendable {
    private let isOn: Bool

    /// No emphasis.
    static let plain = TerminalStyle(isOn: false)

    init(isOn: Bool) { self.isOn = isOn }

    /// For standard output: on when that is a terminal and the user did not ask for no color.
    static func standardOutput(_ environment: Environment) -> Self {
        Self(isOn: isatty(STDOUT_FILENO) == 1 && environment.allowsColor)
    }

    /// Bold text.
    func bold(_ text: String) -> String { isOn ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    /// Text in one of the 256 colors that terminals number.
    func colored(_ text: String, _ color: Int) -> String { isOn ? "\u{1B}[38;5;\(color)m\(text)\u{1B}[0m" : text }
}
