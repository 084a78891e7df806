import Bytes
package import Numbers
package import Tensors

/// The rows of a matrix with a low-rank update, in float32; with magnitudes (DoRA) each output is scaled to its own.
///
/// W' = W + s·B·A, or m · (W + s·B·A) ÷ ‖W + s·B·A‖ for each output. Source: peft, `tuners/lora/layer.py` and
/// `variants.py`; Hu et al., arXiv 2106.09685; Liu et al., arXiv 2402.09353.
package final class AdaptedRows: RowSource {
    package let rowCount: Int
    package let rowLength: Int
    package let dtype = DType.F32
    /// What was measured of the rows that were read.
    package private(set) var measure = UpdateMeasure()
    private var base: FloatRows
    private let update: LowRankUpdate
    private let factors: Factors
    private let step: QuantizationStep?
    private let kernels: Kernels

    /// What outputs are multiplied by.
    private enum Factors {
        case none
        /// Each row by the magnitude divided by its norm.
        case rows([Float])
        /// Each column by a factor.
        case columns([Float])
    }

    /// - Parameters:
    ///   - base: as many rows and columns as the update has.
    ///   - magnitudes: of each output; nil for plain LoRA.
    ///   - isTransposed: whether outputs are columns.
    ///   - step: what the update is measured against.
    package init(
        _ base: any RowSource, _ update: LowRankUpdate, magnitudes: [Float]?, isTransposed: Bool,
        step: QuantizationStep?, kernels: Kernels
    ) throws {
        self.base = try FloatRows(base, kernels: kernels)
        self.update = update
        self.step = step
        self.kernels = kernels
        rowCount = base.rowCount
        rowLength = base.rowLength
        if step != nil { measure.squaredStep = 0 }
        guard let magnitudes else {
            factors = .none
            return
        }
        guard isTransposed else {
            factors = .rows(magnitudes)
            return
        }
        var squares = [Double](repeating: 0, count: rowLength)
        let columns = rowLength
        var rows = self.base
        try rows.forEachChunk { start, numbers in
            let first = start / columns
            let sums = Self.sums(numbers, update, first..<first + numbers.count / columns, kernels)
            for place in sums.indices { squares[place % columns] += Double(sums[place]) * Double(sums[place]) }
        }
        factors = .columns(zip(magnitudes, squares).map { Self.factor($0, $1) })
    }

    private static func factor(_ magnitude: Float, _ squares: Double) -> Float {
        Float(Double(magnitude) / squares.squareRoot())
    }

    private static func sums(
        _ numbers: [Float], _ update: LowRankUpdate, _ rows: Range<Int>, _ kernels: Kernels
    ) -> [Float] {
        var sums = update.product(rows, kernels: kernels)
        var span = sums.mutableSpan
        kernels.add(numbers.span, times: 1, to: &span)
        return sums
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try base.read(rows)
        let old = base.values
        var sums = Self.sums(old, update, rows, kernels)
        scale(&sums, from: rows.lowerBound)
        let difference = kernels.difference(old.span, sums.span)
        measure.squaredUpdate += difference.squaredError
        measure.squaredWeight += difference.squaredFirst
        measure.elementCount += difference.elementCount
        if let step {
            for start in stride(from: 0, to: old.count, by: rowLength) {
                measure.squaredStep? += step.squares(of: old.span.extracting(start..<start + rowLength))
            }
        }
        sums.store(into: &buffer, kernels: kernels)
    }

    private func scale(_ sums: inout [Float], from firstRow: Int) {
        switch factors {
        case .none: return
        case .columns(let factors):
            for place in sums.indices { sums[place] *= factors[place % rowLength] }
        case .rows(let magnitudes):
            for row in 0..<sums.count / rowLength {
                let places = row * rowLength..<(row + 1) * rowLength
                var squares = 0.0
                for place in places { squares += Double(sums[place]) * Double(sums[place]) }
                let factor = Self.factor(magnitudes[firstRow + row], squares)
                for place in places { sums[place] *= factor }
            }
        }
    }
}
