package import Numbers

/// How a stream of small codes stands for numbers: each code has a value, and groups of codes share a scale and perhaps
/// a shift.
///
/// Codes follow one another without gaps, the low bits of each byte first. Most formats of quantized weights hold a row
/// of a matrix so.
package struct CodeForm: Sendable, Equatable {
    /// Where the shift comes in; each step rounds to the form's dtype.
    package enum Order: Sendable {
        /// `(value - shift) * scale`: the shift is a zero point.
        case shiftThenScale
        /// `value * scale + shift`, with two roundings: the shift is a bias.
        case scaleThenShift
    }

    /// The bits of a code, 1...8.
    package let bits: Int
    /// The value of each code.
    package let values: [Float]
    package let order: Order
    /// What results are rounded to: BF16, F16 or F32.
    package let dtype: DType
    /// Set when the value of a code is `(code ^ flip) - offset`.
    package let line: (flip: UInt32, offset: Float)?

    /// Codes that are numbers less `offset`.
    package init(bits: Int, offset: Int = 0, order: Order = .shiftThenScale, dtype: DType) {
        self.init(
            bits: bits, values: Self.checked(bits) { Float($0 - offset) }, order: order, dtype: dtype,
            line: (0, Float(offset)))
    }

    /// Codes that are the bytes of signed numbers.
    package init(signedBytesAs dtype: DType) {
        self.init(
            bits: 8, values: (0..<256).map { Float(Int8(truncatingIfNeeded: $0)) }, order: .shiftThenScale,
            dtype: dtype, line: (0x80, 128))
    }

    /// Codes of a table.
    /// - Parameter values: 2 values for each bit pattern, so 16 of 4 bits.
    package init(values: [Float], dtype: DType) {
        let bits = Swift.max(1, values.count.trailingZeroBitCount)
        precondition(values.count == 1 << bits && bits <= 8, "\(values.count) values are no table of codes")
        self.init(bits: bits, values: values, order: .shiftThenScale, dtype: dtype, line: nil)
    }

    /// Codes of a small floating-point type, such as F4 or F8_E4M3.
    package init(elements: DType, dtype: DType) {
        guard let values = elements.codeValues, elements.bitCount == 4 || elements.bitCount == 8 else {
            preconditionFailure("\(elements) is no type of 4 or 8 bits")
        }
        self.init(values: values.map { Float($0) }, dtype: dtype)
    }

    private init(bits: Int, values: [Float], order: Order, dtype: DType, line: (flip: UInt32, offset: Float)?) {
        precondition(Kernels.fourBitSources.contains(dtype), "codes become BF16, F16 or F32, not \(dtype)")
        self.bits = bits
        // The kernel reads 16 values at once.
        self.values = values + [Float](repeating: 0, count: Swift.max(0, 16 - values.count))
        self.order = order
        self.dtype = dtype
        self.line = line
    }

    private static func checked(_ bits: Int, _ value: (Int) -> Float) -> [Float] {
        precondition((1...8).contains(bits), "a code has 1 to 8 bits, not \(bits)")
        return (0..<1 << bits).map(value)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.bits == right.bits && left.values == right.values && left.order == right.order
            && left.dtype == right.dtype && left.line?.flip == right.line?.flip
            && left.line?.offset == right.line?.offset
    }
}
