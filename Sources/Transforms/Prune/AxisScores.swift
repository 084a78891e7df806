package import Architectures
import Bytes
import Numbers
package import Tensors

/// How much the indices of axes count: sums over the elements that belong to each.
package struct AxisScores: Equatable, Sendable {
    /// Sums of magnitudes or squares, by index.
    package private(set) var sums: [AxisPlace: [Double]] = [:]

    package init() {}

    /// Adds another tensor's sums; the order decides the last digits.
    package static func += (scores: inout Self, next: Self) {
        for (place, values) in next.sums { scores.add(values, to: place) }
    }

    private mutating func add(_ values: [Double], to place: AxisPlace) {
        guard var held = sums[place] else { return sums[place] = values }
        for (index, value) in values.enumerated() { held[index] += value }
        sums[place] = held
    }

    /// What one tensor adds.
    /// - Parameters:
    ///   - axes: those that are asked for.
    ///   - model: the model that the tensor is of.
    ///   - rows: the tensor's numbers.
    ///   - factors: one for each input of the matrix, of a stack one matrix after the other, by which its sum counts;
    ///     nil to count the numbers by themselves. With factors, only what the matrix takes in is scored.
    /// - Throws: what reading throws; `FormatError` when the numbers have no type that can be read.
    package init(
        of tensor: TensorAxes, for axes: Set<ModelAxis>, in model: ModelAxes, rows: any RowSource, factors: [Float]?,
        power: Kernels.Power, kernels: Kernels
    ) throws {
        let matrices = tensor.isStack ? tensor.shape[0] : 1
        let rowCount = matrices == 0 ? 0 : rows.rowCount / matrices
        for matrix in 0..<matrices {
            let expert = tensor.isStack ? matrix : nil
            var sums = try MatrixSums(rows, matrix * rowCount..<(matrix + 1) * rowCount, power, kernels)
            if let factors { sums.multiply(factors, matrix, isInputMajor: tensor.isInputMajor) }
            for (dimension, values) in sums.byDimension(of: tensor, inputsAlone: factors != nil) {
                fold(values, tensor, dimension, axes, expert)
            }
            if let expert = tensor.expert ?? expert, axes.contains(.experts), let count = model.sizes[.experts],
                expert < count
            {
                var values = [Double](repeating: 0, count: count)
                values[expert] = sums.total(isInputMajor: tensor.isInputMajor)
                add(values, to: tensor.place(of: .experts))
            }
        }
    }

    private mutating func fold(
        _ values: [Double], _ tensor: TensorAxes, _ dimension: Int, _ axes: Set<ModelAxis>, _ expert: Int?
    ) {
        var start = 0
        for segment in tensor.dimensions[dimension] {
            defer { start += segment.elementCount }
            guard let axis = segment.axis, axes.contains(axis) else { continue }
            let sums = (0..<segment.count).map { index in
                values[start + index * segment.unit..<start + (index + 1) * segment.unit].reduce(0, +)
            }
            add(sums, to: tensor.place(of: axis, expert: expert))
        }
    }
}

/// The sums of one matrix; of a vector, each element is a row.
private struct MatrixSums {
    var rows: [Double]
    var columns: [Double]

    /// Elements that are read together.
    private static let chunkElementCount = 128 << 10

    init(_ source: any RowSource, _ range: Range<Int>, _ power: Kernels.Power, _ kernels: Kernels) throws {
        guard Kernels.castTypes.contains(source.dtype) else {
            throw FormatError(
                .unsupported, "the importance of numbers of \(source.dtype) is not measured",
                remedy: "Export the model with --dtype f32, and prune that")
        }
        rows = [Double](repeating: 0, count: range.count)
        columns = [Double](repeating: 0, count: source.rowLength)
        let step = max(1, Self.chunkElementCount / max(1, source.rowLength))
        var buffer = [UInt8](repeating: 0, count: min(step, range.count) * source.rowByteCount)
        var floats: [UInt8] = []
        for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            try Task.checkCancellation()
            let some = start..<min(start + step, range.upperBound)
            try source.read(some, into: &buffer)
            let count = some.count * source.rowLength
            if floats.count != count * 4 { floats = [UInt8](repeating: 0, count: count * 4) }
            var target = floats.mutableSpan
            let bytes = buffer.span.extracting(0..<some.count * source.rowByteCount)
            _ = kernels.cast(from: source.dtype, to: .F32, input: bytes, into: &target)
            kernels.addAxisSums(
                floats.span, power: power, rows: &rows, from: start - range.lowerBound, columns: &columns)
        }
    }

    mutating func multiply(_ factors: [Float], _ matrix: Int, isInputMajor: Bool) {
        let count = isInputMajor ? rows.count : columns.count
        let start = factors.count == count ? 0 : matrix * count
        for index in 0..<count where start + index < factors.count {
            if isInputMajor {
                rows[index] *= Double(factors[start + index])
            } else {
                columns[index] *= Double(factors[start + index])
            }
        }
    }

    func total(isInputMajor: Bool) -> Double { (isInputMajor ? rows : columns).reduce(0, +) }

    /// The sums with the dimensions of the tensor that they are of.
    func byDimension(of tensor: TensorAxes, inputsAlone: Bool) -> [(Int, [Double])] {
        let last = tensor.dimensions.count - 1
        guard last > 0 else { return inputsAlone || last < 0 ? [] : [(0, rows)] }
        guard inputsAlone else { return [(last - 1, rows), (last, columns)] }
        return tensor.isInputMajor ? [(last - 1, rows)] : [(last, columns)]
    }
}
