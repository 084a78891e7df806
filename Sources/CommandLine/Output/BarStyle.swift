#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How bars are drawn beside numbers, and how much room a line has.
struct BarStyle: Equatable, Sendable {
    /// Whether bars end in eighths of a cell; else they are of `#`.
    var hasEighths: Bool
    /// The cells of a line.
    var lineCells: Int

    /// For standard output: as wide as the terminal, in blocks where that shows UTF-8. Elsewhere lines have 100 cells,
    /// and bars are ASCII.
    static func standardOutput(_ environment: Environment) -> Self {
        guard isatty(STDOUT_FILENO) == 1 else { return Self(hasEighths: false, lineCells: 100) }
        var size = winsize()
        let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return Self(hasEighths: environment.usesUTF8, lineCells: isKnown ? Int(size.ws_col) : 80)
    }

    /// A bar of `share` (0 to 1) of `cells`; the least that is not nothing shows.
    func bar(_ share: Double, cells: Int) -> String {
        guard share > 0, cells > 0 else { return "" }
        let full = min(share, 1) * Double(cells)
        guard hasEighths else { return String(repeating: "#", count: max(1, Int(full.rounded()))) }
        let eighths = max(1, Int((8 * full).rounded()))
        return String(repeating: "█", count: eighths / 8) + Self.eighths[eighths % 8]
    }

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
