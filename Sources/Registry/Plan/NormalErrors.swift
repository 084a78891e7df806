import Foundation
import Numbers
import Tensors
import Transforms

/// What schemes lose of normally distributed numbers, which the weights of trained matrices nearly are: an estimate for
/// models of which no variant was measured.
///
/// Each scheme's own encoder quantizes a matrix of seeded random numbers, once.
struct NormalErrors {
    private let kernels: Kernels
    private let bytes: [UInt8]
    private var known: [TensorScheme: Double] = [:]

    private static let rows = 128, columns = 1024
    /// How the estimate is told.
    static let source = "the scheme's encoder on \(rows) × \(columns) normally distributed numbers"

    init(kernels: Kernels) {
        self.kernels = kernels
        bytes = Self.normalNumbers()
    }

    /// The error of weights that are changed by several schemes; 0 when none is.
    mutating func relativeError(_ changed: [TensorScheme: Int]) throws -> Double {
        var squares = 0.0, count = 0.0
        for (scheme, weights) in changed.sorted(by: { $0.key.id < $1.key.id }) {
            let error = try error(of: scheme)
            squares += error * error * Double(weights)
            count += Double(weights)
        }
        return count == 0 ? 0 : (squares / count).squareRoot()
    }

    private mutating func error(of scheme: TensorScheme) throws -> Double {
        if let error = known[scheme] { return error }
        guard let shape = Shape([Self.rows, Self.columns]) else { return .nan }
        let form = MatrixForm(shape: shape, dtype: .F32, computeDtype: .BF16)
        let encoder = try scheme.encoder(QuantizeSettings(target: .scheme(scheme)), kernels: kernels)
        let sink = MemoryParts(count: try encoder.parts(of: form).count)
        let error = try encoder.encode(form, bytes, importance: nil, into: sink).relativeRMSE ?? .nan
        known[scheme] = error
        return error
    }

    /// Box and Muller's pairs, of a generator with a fixed seed (splitmix64).
    private static func normalNumbers() -> [UInt8] {
        var state: UInt64 = 7
        func uniform() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return (Double((mixed ^ (mixed >> 31)) >> 11) + 0.5) / Double(UInt64(1) << 53)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * rows * columns)
        for _ in 0..<rows * columns / 2 {
            let radius = 0.02 * (-2 * log(uniform())).squareRoot(), angle = 2 * Double.pi * uniform()
            for value in [radius * cos(angle), radius * sin(angle)] {
                let bits = Float(value).bitPattern
                for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
        }
        return bytes
    }
}
