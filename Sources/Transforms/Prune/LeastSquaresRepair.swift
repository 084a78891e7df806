import Bytes
package import Numbers
package import Tensors

/// What the inputs that go say through those that stay: for a matrix W whose columns C go and K stay, the columns
/// W_K + W_C · Bᵀ make the least squared error of W x, where B = (M_KK + λI)⁻¹ M_KC and M = E[x xᵀ].
///
/// λ is a hundred-millionth of the mean of M's diagonal, ten times that as often as the factorization needs it. All in
/// doubles, in a fixed order.
package struct LeastSquaresRepair: Sendable {
    /// The inputs that stay, and those that go, in ascending order.
    package let kept: [Int]
    package let cut: [Int]
    /// [kept, cut], row-major.
    private let shares: [Double]

    /// - Parameters:
    ///   - kept: the inputs that stay, of `width`.
    ///   - moments: a row of M.
    /// - Throws: `FormatError` when the moments are none: not finite, or of no matrix that products can make.
    package init(keeping kept: [Int], of width: Int, moments: (Int) throws -> [Double]) throws {
        let staying = Set(kept)
        let cut = (0..<width).filter { !staying.contains($0) }
        self.kept = kept
        self.cut = cut
        var matrix = [Double](repeating: 0, count: kept.count * kept.count)
        var right = [Double](repeating: 0, count: kept.count * cut.count)
        for (row, index) in kept.enumerated() {
            let values = try moments(index)
            for (column, other) in kept.enumerated() { matrix[row * kept.count + column] = values[other] }
            for (column, other) in cut.enumerated() { right[row * cut.count + column] = values[other] }
        }
        guard matrix.allSatisfy(\.isFinite), right.allSatisfy(\.isFinite) else {
            throw Self.unsound("hold numbers that are not finite")
        }
        let mean = (0..<kept.count).reduce(0) { $0 + matrix[$1 * kept.count + $1] } / Double(max(1, kept.count))
        var damping = mean * 1e-8
        for _ in 0..<8 {
            if let factor = Self.factor(matrix, kept.count, damping) {
                Self.solve(factor, kept.count, &right, cut.count)
                shares = right
                return
            }
            damping *= 10
        }
        throw Self.unsound("are of no matrix that products of inputs can make")
    }

    private static func unsound(_ problem: String) -> FormatError {
        FormatError(.refused, "its second moments \(problem)", remedy: "Measure the statistics again")
    }

    /// The lower factor of Cholesky; nil when the matrix is not positive definite.
    private static func factor(_ matrix: [Double], _ count: Int, _ damping: Double) -> [Double]? {
        var lower = matrix
        for column in 0..<count {
            var pivot = lower[column * count + column] + damping
            for index in 0..<column { pivot -= lower[column * count + index] * lower[column * count + index] }
            guard pivot > 0, pivot.isFinite else { return nil }
            let root = pivot.squareRoot()
            lower[column * count + column] = root
            for row in column + 1..<max(count, column + 1) {
                var value = lower[row * count + column]
                for index in 0..<column { value -= lower[row * count + index] * lower[column * count + index] }
                lower[row * count + column] = value / root
            }
        }
        return lower
    }

    /// Replaces the right sides by the solutions.
    private static func solve(_ lower: [Double], _ count: Int, _ right: inout [Double], _ width: Int) {
        guard width > 0 else { return }
        for row in 0..<count {
            for index in 0..<row { subtract(lower[row * count + index], index, row, &right, width) }
            divide(row, lower[row * count + row], &right, width)
        }
        for row in stride(from: count - 1, through: 0, by: -1) {
            for index in row + 1..<max(count, row + 1) {
                subtract(lower[index * count + row], index, row, &right, width)
            }
            divide(row, lower[row * count + row], &right, width)
        }
    }

    private static func subtract(_ factor: Double, _ from: Int, _ to: Int, _ right: inout [Double], _ width: Int) {
        for column in 0..<width { right[to * width + column] -= factor * right[from * width + column] }
    }

    private static func divide(_ row: Int, _ divisor: Double, _ right: inout [Double], _ width: Int) {
        for column in 0..<width { right[row * width + column] /= divisor }
    }

    /// One row of the matrix with all inputs, as the inputs that stay must have it.
    func repaired(_ row: ArraySlice<Float>) -> [Float] {
        let start = row.startIndex
        let gone = cut.map { Double(row[start + $0]) }
        return kept.enumerated().map { place, index in
            var value = Double(row[start + index])
            for (column, other) in gone.enumerated() { value += other * shares[place * cut.count + column] }
            return Float(value)
        }
    }
}

/// The rows of a matrix of [out, in] with the inputs that stay, fitted again to the outputs.
package final class RepairedRows: RowSource {
    package var rowCount: Int { source.rowCount }
    package var rowLength: Int { repair.kept.count }
    package let dtype = DType.F32
    private let source: any RowSource
    private let repair: LeastSquaresRepair
    private let kernels: Kernels

    /// - Parameter source: rows of a type that can be cast, with all inputs.
    package init(_ source: any RowSource, _ repair: LeastSquaresRepair, kernels: Kernels) {
        self.source = source
        self.repair = repair
        self.kernels = kernels
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        var stored = [UInt8](repeating: 0, count: rows.count * source.rowByteCount)
        try source.read(rows, into: &stored)
        var numbers = [UInt8](repeating: 0, count: rows.count * source.rowLength * 4)
        var floats = numbers.mutableSpan
        _ = kernels.cast(from: source.dtype, to: .F32, input: stored.span, into: &floats)
        let values = LittleEndianFloats.decode(numbers)
        for row in 0..<rows.count {
            let made = repair.repaired(values[row * source.rowLength..<(row + 1) * source.rowLength])
            buffer.replaceSubrange(row * rowByteCount..<(row + 1) * rowByteCount, with: LittleEndianFloats.encode(made))
        }
    }
}

extension RowSource {
    /// The matrix with rows and columns exchanged.
    package func transposed() -> any RowSource { TransposedRows(self) }
}
