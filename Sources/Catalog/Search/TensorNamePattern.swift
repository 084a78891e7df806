/// The name of a tensor without the numbers in it: `model.layers.*.mlp.up_proj.weight` for all layers. So a model of
/// 100,000 tensors is found by some dozens of names.
enum TensorNamePattern {
    /// The part of a pattern that stands for a number.
    static let anyNumber = "*"
    /// No more bytes of patterns are kept of one artifact; names without any order could be many.
    static let greatestByteCount = 32 << 10

    /// `name` with each part between points that is a number replaced.
    static func pattern(of name: String) -> String {
        guard name.utf8.contains(where: isDigit) else { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.map { isNumber($0) ? anyNumber : String($0) }.joined(separator: ".")
    }

    /// The patterns of many names, each once, a line each, in the order of their first names.
    static func text(of names: some Sequence<String>) -> String {
        var seen: Set<String> = []
        var lines: [String] = []
        var byteCount = 0
        for name in names {
            let pattern = pattern(of: name)
            guard seen.insert(pattern).inserted else { continue }
            byteCount += pattern.utf8.count + 1
            guard byteCount <= greatestByteCount else { break }
            lines.append(pattern)
        }
        return lines.joined(separator: "\n")
    }

    static func isNumber(_ part: some StringProtocol) -> Bool { !part.isEmpty && part.utf8.allSatisfy(isDigit) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
