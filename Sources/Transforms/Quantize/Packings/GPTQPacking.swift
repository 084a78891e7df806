import Formats
import Numbers
import Tensors

/// `qweight`, `qzeros`, `scales`, `g_idx`: codes in words that run down the inputs. Shifts are zero points.
struct GPTQPacking: CodePacking {
    private let state: GPTQState
    private let columns: Int
    private let kernels: Kernels
    private let words: Int
    private var turned: [UInt8]
    private var numbers: ScaleGroups

    init(_ state: GPTQState, _ matrix: MatrixForm, kernels: Kernels) {
        self.state = state
        self.kernels = kernels
        columns = matrix.columns
        words = (matrix.columns * state.bits + 31) / 32
        turned = [UInt8](repeating: 0, count: matrix.rows * words * 4)
        numbers = ScaleGroups(
            rows: matrix.rows, groups: ScaleGroups.count(matrix.columns, of: state.groupSize))
    }

    mutating func append(_ rows: GroupedRows, into sink: any PartSink) {
        let (kernels, words, outputs) = (kernels, words, numbers.rows)
        var span = turned.mutableSpan
        kernels.transposeWords(
            rows.packed.span, columns: words, firstRow: rows.rows.lowerBound, stride: outputs, into: &span)
        numbers.take(rows.rows, rows.scales, rows.shifts)
    }

    mutating func finish(into sink: any PartSink) throws {
        try sink.append(turned.span, to: 0)
        let zeros = numbers.packedZeros(bits: state.bits, adding: -state.leastZero, kernels: kernels)
        try sink.append(zeros.span, to: 1)
        try sink.append(kernels.bytes(numbers.scales, as: .F16).span, to: 2)
        let size = state.groupSize ?? columns
        let index = (0..<columns).flatMap { column in
            (0..<4).map { UInt8(truncatingIfNeeded: (column / size) >> (8 * $0)) }
        }
        try sink.append(index.span, to: 3)
    }
}

extension GPTQState {
    /// The least zero point that the layout holds, which is also what it stores less of each.
    var leastZero: Int { version == .v1 ? 1 : 0 }
}
