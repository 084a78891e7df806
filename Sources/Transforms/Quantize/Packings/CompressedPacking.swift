import Formats
import Numbers
import Tensors

/// Whole numbers of compressed-tensors, in words or a byte each. Shifts are zero points, counted from the middle code.
struct CompressedPacking: CodePacking {
    private let bits: Int
    private let isPacked: Bool
    private let isSymmetric: Bool
    private let matrix: MatrixForm
    private let kernels: Kernels
    /// Zero points in words, which run down the rows.
    private var numbers: ScaleGroups?

    init(_ state: CompressedTensorsState, _ matrix: MatrixForm, kernels: Kernels) {
        bits = state.bits
        isPacked = state.isPacked
        isSymmetric = state.isSymmetric
        self.matrix = matrix
        self.kernels = kernels
        if isPacked, !isSymmetric {
            numbers = ScaleGroups(
                rows: matrix.rows, groups: ScaleGroups.count(matrix.columns, of: state.groupSize))
        }
    }

    mutating func append(_ rows: GroupedRows, into sink: any PartSink) throws {
        let codes = isPacked ? rows.packed : rows.codes
        try sink.append(codes.span, to: 0)
        try sink.append(kernels.bytes(rows.scales, as: matrix.computeDtype).span, to: isPacked ? 2 : 1)
        if isPacked {
            numbers?.take(rows.rows, rows.scales, rows.shifts)
        } else if !isSymmetric {
            let zeros = rows.shifts.map { UInt8(bitPattern: Int8($0)) }
            try sink.append(zeros.span, to: 2)
        }
    }

    mutating func finish(into sink: any PartSink) throws {
        guard isPacked else { return }
        let shape = matrix.shape.dimensions.flatMap { side in
            (0..<8).map { UInt8(truncatingIfNeeded: side >> (8 * $0)) }
        }
        try sink.append(shape.span, to: 1)
        if let numbers { try sink.append(zeroWords(numbers).span, to: 3) }
    }

    /// Zero points as words that run down the rows: [words, groups].
    private func zeroWords(_ numbers: ScaleGroups) -> [UInt8] {
        let packed = numbers.packedZeros(bits: bits, adding: 1 << (bits - 1), kernels: kernels)
        var turned = [UInt8](repeating: 0, count: packed.count)
        var span = turned.mutableSpan
        kernels.transposeWords(
            packed.span, columns: packed.count / 4 / numbers.groups, firstRow: 0, stride: numbers.groups, into: &span)
        return turned
    }
}

extension CompressedTensorsState {
    /// Whether codes share 32-bit words.
    var isPacked: Bool { if case .packed = layout { true } else { false } }
}
