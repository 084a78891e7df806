import Bytes
import Formats
import Numbers
import Tensors

// Schemes whose codes are stored by columns: the codes are held, put in order by rows.
extension DequantizerSource {
    /// Rows of words that are read at a time.
    private static let chunkByteCount = 4 << 20

    /// Hands out the part `codes` in chunks of an even number of rows.
    private func forEachChunk(
        rowByteCount: Int, rows: Int, _ body: (_ firstRow: Int, Span<UInt8>) throws -> Void
    ) throws {
        try parts.check("codes", rows * rowByteCount)
        let step = max(2, Self.chunkByteCount / max(1, rowByteCount) / 2 * 2)
        for first in stride(from: 0, to: rows, by: step) {
            try Task.checkCancellation()
            let last = min(first + step, rows)
            let bytes = try parts.bytes("codes", first * rowByteCount..<last * rowByteCount)
            try body(first, bytes.span)
        }
    }

    /// Zero points are stored as codes of rows, of which version 1 holds each less one. A stored -1, which is no code,
    /// has borrowed from its neighbors in the word; the words are taken as they are, without a mask, as AutoGPTQ's
    /// kernels do.
    func gptq(_ state: GPTQState) throws -> CodeDequantizer {
        let (inputs, outputs) = (columns, rows)
        let groups = state.groupSize.map { (inputs + $0 - 1) / $0 } ?? 1
        let words = inputs * state.bits / 32
        var codes = [UInt8](repeating: 0, count: try heldByteCount(outputs * words * 4))
        try forEachChunk(rowByteCount: outputs * 4, rows: words) { first, bytes in
            var span = codes.mutableSpan
            kernels.transposeWords(bytes, columns: outputs, firstRow: first, stride: words, into: &span)
        }
        let zeroByteCount = outputs * state.bits / 8
        let zeros = try parts.all("zeros", groups * zeroByteCount)
        let form = CodeForm(bits: state.bits, offset: state.version == .v1 ? -1 : 0, dtype: .F32)
        let points = (0..<groups).flatMap { group in
            kernels.integers(form, Array(zeros[group * zeroByteCount..<(group + 1) * zeroByteCount]), outputs)
        }
        let numbers = try floats("scales", groups * outputs)
        var scales: any GroupNumbers = HeldNumbers(transposing: numbers, rows: outputs)
        var shifts: any GroupNumbers = HeldNumbers(transposing: points, rows: outputs)
        if state.hasActOrder {
            let index = try groupIndex(count: groups)
            scales = GatheredNumbers(groups: scales, index: index)
            shifts = GatheredNumbers(groups: shifts, index: index)
        }
        return CodeDequantizer(
            shape: tensor.shape, form: CodeForm(bits: state.bits, dtype: .F32), codes: .held(codes),
            rowByteCount: words * 4, scales: scales, shifts: shifts,
            groupSize: state.hasActOrder ? 1 : state.groupSize ?? inputs, kernels: kernels)
    }

    func awq(_ state: AWQState) throws -> CodeDequantizer {
        let (inputs, outputs) = (columns, rows)
        let groups = state.groupSize.map { inputs / $0 } ?? 1
        let form = CodeForm(bits: 4, dtype: tensor.dtype)
        let groupSize = state.groupSize ?? inputs
        switch state.layout {
        case .gemv:
            let (scales, zeros) = try gemvNumbers(groups, outputs, state)
            return try byRows(
                form, scales: scales, shifts: zeros, groupSize: groupSize,
                rowByteCount: rowByteCount(bits: 4, inWords: true))
        case .gemm:
            let rowByteCount = (inputs + 1) / 2
            var codes = [UInt8](repeating: 0, count: try heldByteCount(outputs * rowByteCount))
            try forEachChunk(rowByteCount: outputs / 2, rows: inputs) { first, bytes in
                var span = codes.mutableSpan
                kernels.gatherAWQ(
                    bytes, wordsPerRow: outputs / 8, firstRow: first, stride: rowByteCount, into: &span)
            }
            let scales = HeldNumbers(transposing: try floats("scales", groups * outputs), rows: outputs)
            let zeros = HeldNumbers(transposing: try gemmZeros(groups, outputs, state), rows: outputs)
            return CodeDequantizer(
                shape: tensor.shape, form: form, codes: .held(codes), rowByteCount: rowByteCount, scales: scales,
                shifts: zeros, groupSize: groupSize, kernels: kernels)
        }
    }

    /// The zero points [group, output].
    private func gemmZeros(_ groups: Int, _ outputs: Int, _ state: AWQState) throws -> [Float] {
        guard state.hasZeroPoints else { return [Float](repeating: 8, count: groups * outputs) }
        let bytes = try parts.all("zeros", groups * outputs / 2)
        let places = [0, 4, 1, 5, 2, 6, 3, 7]
        return (0..<groups * outputs).map { index in
            let place = places[index % 8]
            return Float(bytes[index / 8 * 4 + place / 2] >> (place % 2 == 0 ? 0 : 4) & 15)
        }
    }

    /// Rows of numbers are filled up; the first ones count.
    private func gemvNumbers(
        _ groups: Int, _ outputs: Int, _ state: AWQState
    ) throws -> (scales: HeldNumbers, zeros: HeldNumbers) {
        let width = tensor.part("scales")?.tensor.shape.dimensions.last ?? 0
        guard width >= groups, width % 8 == 0 else {
            throw FormatError(.corrupt, "\(width) scales a row for \(groups) groups", remedy: "Fetch the file again")
        }
        let numbers = try floats("scales", outputs * width)
        let scales = (0..<outputs).flatMap { numbers[$0 * width..<$0 * width + groups] }
        guard state.hasZeroPoints else {
            return (
                HeldNumbers(scales, countPerRow: groups),
                HeldNumbers([Float](repeating: 8, count: scales.count), countPerRow: groups)
            )
        }
        let bytes = try parts.all("zeros", outputs * width / 2)
        let zeros = (0..<outputs).flatMap { row in
            (0..<groups).map { Float(bytes[(row * width + $0) / 2] >> ($0 % 2 == 0 ? 0 : 4) & 15) }
        }
        return (HeldNumbers(scales, countPerRow: groups), HeldNumbers(zeros, countPerRow: groups))
    }

    private func floats(_ role: String, _ count: Int) throws -> [Float] {
        let dtype = try dtype(role)
        let bytes = try parts.all(role, count * (dtype.bitCount / 8))
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        kernels.widen(dtype, bytes.span, into: &span)
        return values
    }

    /// As many bytes as are held: never more than the codes have.
    private func heldByteCount(_ count: Int) throws(FormatError) -> Int {
        try parts.check("codes", count)
        return count
    }
}
