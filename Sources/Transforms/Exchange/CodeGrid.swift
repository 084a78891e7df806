package import Numbers

/// What the codes of a matrix stand for, whatever layout they lie in.
///
/// Two layouts with the same grid hold the same real numbers, so codes go from one to the other as they are.
package struct CodeGrid: Hashable, Sendable {
    package enum Meaning: Hashable, Sendable {
        /// `(q - z) · scale`, the zero point z being a whole number in this range.
        case zeroPoint(ClosedRange<Int>)
        /// `q · scale + bias`.
        case bias
        /// The value of a small float times a power of two.
        case exponent(DType)
    }

    /// The bits of a code.
    package let bits: Int
    package let meaning: Meaning
    /// Columns that share a scale; nil for a whole row.
    package let groupSize: Int?
    /// What scales and biases are stored in; nil in a layout that takes any dtype.
    package let scaleDtype: DType?

    package init(bits: Int, meaning: Meaning, groupSize: Int?, scaleDtype: DType?) {
        self.bits = bits
        self.meaning = meaning
        self.groupSize = groupSize
        self.scaleDtype = scaleDtype
    }

    /// MXFP4, in whatever layout: F4 codes, and a power of two for 32 of them.
    package static let mxfp4 = CodeGrid(bits: 4, meaning: .exponent(.F4), groupSize: 32, scaleDtype: nil)
    /// MXFP8 with F8_E4M3 codes.
    static let mxfp8 = CodeGrid(bits: 8, meaning: .exponent(.F8_E4M3), groupSize: 32, scaleDtype: nil)

    /// The code in the middle: the zero point of symmetric layouts.
    static func middle(_ bits: Int) -> ClosedRange<Int> { 1 << (bits - 1)...1 << (bits - 1) }

    /// Every zero point that is a code.
    static func all(_ bits: Int) -> ClosedRange<Int> { 0...(1 << bits - 1) }

    /// The groups of a row.
    func groupCount(_ columns: Int) -> Int { groupSize.map { (columns + $0 - 1) / $0 } ?? 1 }

    /// Why a matrix of this grid cannot go over to another one; nil when its numbers may decide, or it can.
    /// - Parameter columns: the columns of the matrix.
    func obstacle(to target: CodeGrid, columns: Int) -> String? {
        switch (meaning, target.meaning) {
        case (.exponent(let own), .exponent(let other)):
            if own != other { return "its codes are \(own), not \(other)" }
        case (.exponent(let own), _): return "its codes are \(own), and no whole numbers"
        case (_, .exponent(let other)): return "its codes are whole numbers, and no \(other)"
        default:
            if bits != target.bits { return "its codes have \(bits) bits, not \(target.bits)" }
        }
        let size = groupSize ?? columns, wanted = target.groupSize ?? columns
        guard size % wanted == 0 || (size >= columns && wanted >= columns) else {
            return "\(size) of its columns share a scale, and \(wanted) would"
        }
        return nil
    }

    /// Whether the numbers of the groups decide if a matrix of this grid can go over to another one.
    func dependsOnNumbers(to target: CodeGrid) -> Bool {
        switch (meaning, target.meaning) {
        case (.zeroPoint(let own), .zeroPoint(let other)):
            own.lowerBound < other.lowerBound || own.upperBound > other.upperBound
        case (.bias, .zeroPoint): true
        default: false
        }
    }
}
