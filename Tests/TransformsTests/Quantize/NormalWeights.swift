import Foundation

/// Weights from known distributions, the same on every machine but for the last digits of its logarithm.
enum NormalWeights {
    static let rows = 256
    static let columns = 4096

    /// Standard normal numbers, by Box and Muller.
    static let normal = numbers(rows * columns, seed: 1)

    /// Student's t with five degrees of freedom: a normal number over the root of a mean of five squares.
    static let student: [Float] = {
        let squares = numbers(rows * columns * 5, seed: 2)
        return (0..<rows * columns).map { index in
            var sum: Float = 0
            for place in index * 5..<index * 5 + 5 { sum += squares[place] * squares[place] }
            return normal[index] / (sum / 5).squareRoot()
        }
    }()

    private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        var numbers: [Float] = []
        numbers.reserveCapacity(count)
        while numbers.count < count {
            let words = (random.next(), random.next())
            // 53 bits, and never zero.
            let radius = (-2 * log((Double(words.0 >> 11) + 1) * 0x1p-53)).squareRoot()
            let angle = 2 * Double.pi * Double(words.1 >> 11) * 0x1p-53
            numbers.append(Float(radius * cos(angle)))
            numbers.append(Float(radius * sin(angle)))
        }
        return numbers
    }
}
