/// Several measurements of one thing.
struct Spread {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.sorted() }

    /// The middle one, of an even count the greater of two; 0 of none.
    var median: Double { sorted.isEmpty ? 0 : sorted[sorted.count / 2] }

    /// Least, median and greatest, with two digits.
    var cells: [String] {
        guard let least = sorted.first, let greatest = sorted.last else { return ["-", "-", "-"] }
        return [least, sorted[sorted.count / 2], greatest].map { Self.text($0, digits: 2) }
    }

    /// `value` with a fixed count of digits after the point.
    static func text(_ value: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let fraction = digits > 0 ? String(scaled % Int(scale)) : ""
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return (value < 0 ? "-" : "") + "\(scaled / Int(scale))" + (digits > 0 ? "." + zeros + fraction : "")
    }
}
