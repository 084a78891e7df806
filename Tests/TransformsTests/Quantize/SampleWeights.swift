import Foundation
import Numbers
import Synchronization
import Tensors

@testable import Transforms

/// Weights for tests, made once.
enum SampleWeights {
    /// Standard normal numbers, by the polar method.
    static let normal = (0..<256 * 4096).map(numbers(seed: 1) { Float(gaussian(&$0)) })

    /// Student's t with five degrees of freedom: heavier tails.
    static let heavyTailed = (0..<256 * 4096).map(
        numbers(seed: 2) { generator in
            let numerator = gaussian(&generator)
            var square = 0.0
            for _ in 0..<5 {
                let part = gaussian(&generator)
                square += part * part
            }
            return Float(numerator / (square / 5).squareRoot())
        })

    static func bytes(_ numbers: [Float], as dtype: DType) -> [UInt8] { Kernels().bytes(numbers, as: dtype) }

    private static func numbers(
        seed: UInt64, _ next: @escaping (inout SeededGenerator) -> Float
    ) -> (Int) -> Float {
        var generator = SeededGenerator(seed: seed)
        return { _ in next(&generator) }
    }

    private static func gaussian(_ generator: inout SeededGenerator) -> Double {
        while true {
            let x = Double.random(in: -1...1, using: &generator), y = Double.random(in: -1...1, using: &generator)
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }
}
