import ArgumentParser

/// A number of bytes as people write it: `5GB`, `500 MB`, `2GiB`, `1048576`.
struct ByteSize: ExpressibleByArgument, Equatable {
    let byteCount: Int

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(digits.count).drop { $0 == " " }.uppercased()
        guard let number = Double(digits), number > 0, let factor = Self.factors[unit] else { return nil }
        let bytes = number * Double(factor)
        guard bytes >= 1, bytes < 9e18 else { return nil }
        byteCount = Int(bytes)
    }

    private static let factors: [String: Int] = [
        "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000, "K": 1_000,
        "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30,
        "TIB": 1 << 40,
    ]
}
