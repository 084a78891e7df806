import Formats
import Numbers
import Tensors

/// `qweight`, `qzeros`, `scales` of the `gemm` layout: words of eight outputs. Shifts are zero points.
struct AWQPacking: CodePacking {
    private let hasZeroPoints: Bool
    private let columns: Int
    private let kernels: Kernels
    private var turned: [UInt8]
    private var numbers: ScaleGroups

    init(_ state: AWQState, _ matrix: MatrixForm, kernels: Kernels) {
        hasZeroPoints = state.hasZeroPoints
        columns = matrix.columns
        self.kernels = kernels
        turned = [UInt8](repeating: 0, count: matrix.columns * matrix.rows / 2)
        numbers = ScaleGroups(
            rows: matrix.rows, groups: ScaleGroups.count(matrix.columns, of: state.groupSize))
    }

    var rowMultiple: Int { Self.outputsPerWord }

    mutating func append(_ rows: GroupedRows, into sink: any PartSink) {
        let (columns, kernels, eight) = (columns, kernels, Self.outputsPerWord)
        let words = numbers.rows / eight
        var eightRows = [UInt8](repeating: 0, count: 4 * columns)
        var all = turned.mutableSpan
        for first in stride(from: 0, to: rows.rows.count, by: eight) {
            var packed = eightRows.mutableSpan
            kernels.packAWQ(rows.codes.span.extracting(first * columns..<(first + eight) * columns), into: &packed)
            kernels.transposeWords(
                eightRows.span, columns: columns, firstRow: (rows.rows.lowerBound + first) / eight, stride: words,
                into: &all)
        }
        numbers.take(rows.rows, rows.scales, rows.shifts)
    }

    mutating func finish(into sink: any PartSink) throws {
        try sink.append(turned.span, to: 0)
        if hasZeroPoints { try sink.append(packedZeros.span, to: 1) }
        try sink.append(kernels.bytes(numbers.scales, as: .F16).span, to: hasZeroPoints ? 2 : 1)
    }

    /// Zero points in the order of a word's codes: [group, output / 8].
    private var packedZeros: [UInt8] {
        let zeros = numbers.zeros
        var packed: [UInt8] = []
        packed.reserveCapacity(zeros.count / 2)
        for first in stride(from: 0, to: zeros.count, by: Self.outputsPerWord) {
            for byte in 0..<4 {
                let low = zeros[first + Self.order[2 * byte]], high = zeros[first + Self.order[2 * byte + 1]]
                packed.append(UInt8(low | high << 4))
            }
        }
        return packed
    }

    private static let outputsPerWord = 8
    /// The outputs of a word, its low bits first.
    private static let order = [0, 2, 4, 6, 1, 3, 5, 7]
}
