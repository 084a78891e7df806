package import Bytes
import Numbers
package import Tensors

/// Makes the codes that a matrix was trained for, in whatever layout holds them: scales and codes are those of the
/// training, not those that the layout's own library would find.
///
/// Scales are computed in float32 and codes rounded to the nearest, ties to even, as PyTorch does; then the scales are
/// rounded to the dtype in which the layout stores them.
package struct TrainedGridEncoder: MatrixEncoder {
    /// The layout, with what the grid's zero points decide.
    package let scheme: TensorScheme
    private let grid: TrainingGrid
    private let target: CodeGrid
    private let usual: any MatrixEncoder
    private let kernels: Kernels

    /// - Returns: nil where the layout does not hold the grid.
    package init?(
        _ grid: TrainingGrid, in scheme: TensorScheme, columns: Int, _ settings: QuantizeSettings, kernels: Kernels
    ) throws(FormatError) {
        guard let target = scheme.codeGrid, grid.isHeld(by: scheme, columns: columns) else { return nil }
        self.grid = grid
        self.target = target
        self.kernels = kernels
        self.scheme = scheme.holding(grid.codeGrid)
        usual = try self.scheme.encoder(settings, kernels: kernels)
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try usual.parts(of: stored(matrix))
    }

    /// The matrix with the dtype that its scales are stored in.
    private func stored(_ matrix: MatrixForm) -> MatrixForm {
        MatrixForm(shape: matrix.shape, dtype: matrix.dtype, computeDtype: target.scaleDtype ?? matrix.computeDtype)
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        let layout = CodeLayout(scheme: scheme, form: stored(matrix), grid: target, bits: grid.bits, kernels: kernels)
        let change = GridChange(
            source: grid.codeGrid, target: target, scaleDtype: layout.form.computeDtype, columns: matrix.columns,
            kernels: kernels)
        let importances = ColumnImportances(values: importance ?? [], matrix: matrix)
        let extremes = grid.sharing == .tensor ? try self.extremes(of: matrix, source) : nil
        var packing = layout.packing
        var reader = try FloatReader(matrix.dtype, kernels: kernels)
        var errors = ErrorSums()
        for chunk in matrix.chunks(rowMultiple: packing.rowMultiple) {
            try Task.checkCancellation()
            let whole = extremes?[chunk.place.lowerBound / matrix.matrixRows]
            try source.lend(chunk.bytes) { try reader.take($0) }
            let made = codes(of: reader.values, columns: matrix.columns, whole: whole)
            let rows = try change.changed(made, firstRow: chunk.place.lowerBound)
            try packing.append(layout.grouped(rows, chunk.place), into: sink)
            errors += kernels.measure(
                reader.values.span, decoded: decoded(rows, matrix.columns).span, columns: matrix.columns,
                importance: importances.ofMatrix(withRow: chunk.place.lowerBound))
        }
        try packing.finish(into: sink)
        return errors
    }

    // MARK: The training's grid

    /// The least and the greatest number of a group.
    private typealias Extremes = (least: Float, greatest: Float)

    private static func extremes(_ numbers: ArraySlice<Float>) -> Extremes {
        var least: Float = 0, greatest: Float = 0
        for number in numbers {
            if number < least { least = number }
            if number > greatest { greatest = number }
        }
        return (least, greatest)
    }

    /// Those of each matrix of a stack.
    private func extremes(of matrix: MatrixForm, _ source: any TensorBytes) throws -> [Extremes] {
        var found = [Extremes](repeating: (0, 0), count: matrix.matrices)
        var reader = try FloatReader(matrix.dtype, kernels: kernels)
        try source.forEachChunk(of: matrix) { rows, bytes in
            try reader.take(bytes)
            let place = rows.lowerBound / matrix.matrixRows
            let some = Self.extremes(reader.values[...])
            found[place] = (min(found[place].least, some.least), max(found[place].greatest, some.greatest))
        }
        return found
    }

    /// The codes of whole rows, counted from 0.
    private func codes(of numbers: [Float], columns: Int, whole: Extremes?) -> CodeRows {
        let size: Int = if case .group(let count) = grid.sharing { count } else { columns }
        var rows = CodeRows(codes: [UInt8](repeating: 0, count: numbers.count), scales: [], shifts: [])
        for row in 0..<numbers.count / max(1, columns) {
            for start in stride(from: row * columns, to: (row + 1) * columns, by: size) {
                let group = start..<min(start + size, (row + 1) * columns)
                let (scale, zero) = numbersOfGroup(whole ?? Self.extremes(numbers[group]))
                rows.scales.append(scale)
                rows.shifts.append(zero)
                let greatest = Float(1 << grid.bits - 1)
                for index in group {
                    let code = scale == 0 ? zero : (numbers[index] / scale).rounded(.toNearestOrEven) + zero
                    rows.codes[index] = UInt8(min(max(code, 0), greatest))
                }
            }
        }
        return rows
    }

    private func numbersOfGroup(_ group: Extremes) -> (scale: Float, zero: Float) {
        let divisor = Float(grid.divisor)
        guard grid.scale == .zeroPoint else {
            return (max(-group.least, group.greatest) / divisor, Float(1 << (grid.bits - 1)))
        }
        let scale = (group.greatest - group.least) / divisor
        guard scale > 0 else { return (0, 0) }
        return (scale, min(max((-group.least / scale).rounded(.toNearestOrEven), 0), divisor))
    }

    /// The real numbers that rows of the target's grid stand for.
    private func decoded(_ rows: CodeRows, _ columns: Int) -> [Float] {
        let size = target.groupSize ?? columns, groups = target.groupCount(columns)
        let isBias = target.meaning == .bias
        var numbers = [Float](repeating: 0, count: rows.codes.count)
        for index in numbers.indices {
            let group = index / columns * groups + index % columns / size
            let code = Float(rows.codes[index]), scale = rows.scales[group], shift = rows.shifts[group]
            numbers[index] = isBias ? code * scale + shift : (code - shift) * scale
        }
        return numbers
    }
}
