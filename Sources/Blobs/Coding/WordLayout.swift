package import Numbers

/// What the words of a coded blob are: how wide, and whether they are floats, whose sign is moved behind the mantissa.
package struct WordLayout: Equatable, Sendable {
    /// 1, 2, 4 or 8 bytes.
    package let width: Int
    /// Whether words are turned left by one bit; never of one byte.
    package let isTurned: Bool

    /// Bytes that nothing more is known of.
    package static let bytes = WordLayout(dtype: nil)

    init?(width: Int, isTurned: Bool) {
        guard [1, 2, 4, 8].contains(width), width > 1 || !isTurned else { return nil }
        self.width = width
        self.isTurned = isTurned
    }

    /// - Parameter dtype: of the elements; nil for blocks and for what is no tensor.
    package init(dtype: DType?) {
        switch dtype {
        case .BF16, .F16: (width, isTurned) = (2, true)
        case .F32, .C64: (width, isTurned) = (4, true)
        case .F64: (width, isTurned) = (8, true)
        case .I16, .U16: (width, isTurned) = (2, false)
        case .I32, .U32: (width, isTurned) = (4, false)
        case .I64, .U64: (width, isTurned) = (8, false)
        default: (width, isTurned) = (1, false)
        }
    }
}
