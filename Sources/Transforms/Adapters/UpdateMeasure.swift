/// How great an update is, as sums over a tensor.
package struct UpdateMeasure: Codable, Equatable, Sendable {
    /// Σ (new − old)²
    package var squaredUpdate = 0.0
    /// Σ old²
    package var squaredWeight = 0.0
    /// Σ step², over all numbers; nil where no scheme was named.
    package var squaredStep: Double?
    package var elementCount = 0

    package init() {}

    /// ‖ΔW‖
    package var updateNorm: Double { squaredUpdate.squareRoot() }
    /// ‖ΔW‖ ÷ ‖W‖; nil when W is zero.
    package var relativeNorm: Double? {
        squaredWeight > 0 ? (squaredUpdate / squaredWeight).squareRoot() : nil
    }
    /// The root mean square of the update in quantization steps; nil without a scheme, or without steps.
    package var steps: Double? {
        squaredStep.flatMap { $0 > 0 ? (squaredUpdate / $0).squareRoot() : nil }
    }
}

/// The distance of two neighboring numbers of a quantized tensor, as far as its bits and groups tell: twice the group's
/// greatest magnitude, shared by 2^bits − 1 steps.
///
/// It is an estimate: codes of uneven distances (NF4) are denser around zero, and scales are rounded too.
package struct QuantizationStep: Equatable, Sendable {
    package var bits: Int
    /// Neighbors in a row that share a scale; nil for the whole row.
    package var groupSize: Int?

    package init(bits: Int, groupSize: Int?) {
        self.bits = bits
        self.groupSize = groupSize
    }

    /// Σ step² over a row's numbers.
    func squares(of row: Span<Float>) -> Double {
        let size = max(1, groupSize ?? row.count)
        let count = Double(1 << min(bits, 30)) - 1
        var sum = 0.0
        for start in stride(from: 0, to: row.count, by: size) {
            let end = min(start + size, row.count)
            var greatest: Float = 0
            for place in start..<end { greatest = max(greatest, abs(row[place])) }
            let step = 2 * Double(greatest) / count
            sum += step * step * Double(end - start)
        }
        return sum
    }
}
