/// How MLX holds a quantized matrix, or a stack of them.
package struct MLXState: QuantizedEncoding {
    /// What the codes are.
    package enum Mode: String, CaseIterable, Sendable {
        /// Numbers of 2 to 8 bits: `w = scale * q + bias`, rounded to the scales' dtype after each step.
        case affine
        /// F4 with an E8M0 scale for 32.
        case mxfp4
        /// F8_E4M3 with an E8M0 scale for 32.
        case mxfp8
        /// F4 with an F8_E4M3 scale for 16.
        case nvfp4

        /// The only bits and group size of a floating-point mode; nil for `affine`.
        var fixed: (bits: Int, groupSize: Int)? {
            switch self {
            case .affine: nil
            case .mxfp4: (4, 32)
            case .mxfp8: (8, 32)
            case .nvfp4: (4, 16)
            }
        }
    }

    package let mode: Mode
    package let bits: Int
    /// Columns that share a scale.
    package let columnsPerGroup: Int

    package init(mode: Mode, bits: Int, columnsPerGroup: Int) {
        self.mode = mode
        self.bits = bits
        self.columnsPerGroup = columnsPerGroup
    }

    package var groupSize: Int? { columnsPerGroup }

    package var scheme: String {
        mode == .affine ? "mlx-affine\(bits)-g\(columnsPerGroup)" : "mlx-\(mode.rawValue)"
    }

    package var summary: String { "MLX \(mode.rawValue) \(bits)-bit, group \(columnsPerGroup)" }

    /// Every bits and group size that the affine mode has.
    static let affine = [2, 3, 4, 5, 6, 8].flatMap { bits in [32, 64, 128].map { (bits: bits, groupSize: $0) } }
}
