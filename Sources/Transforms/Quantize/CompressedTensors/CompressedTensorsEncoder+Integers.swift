import Formats
import Numbers
import Tensors

// Whole numbers: packed in words, or a signed byte each.
extension CompressedTensorsEncoder {
    func encodeIntegers(_ chunks: RowChunks, into sink: any PartSink) throws -> ErrorSums {
        if state.granularity == .tensor { return try encodeTensor(chunks, into: sink) }
        let matrix = chunks.matrix, dtype = matrix.computeDtype
        let form = groupForm(dtype, groupSize: state.groupSize ?? matrix.columns)
        let work = GroupWork(form, decoding: decoding(dtype), columns: matrix.columns, kernels: kernels)
        return try chunks.encode(work, CompressedPacking(state, matrix, kernels: kernels), into: sink)
    }

    /// One scale for all: the range is known only after a first reading.
    private func encodeTensor(_ chunks: RowChunks, into sink: any PartSink) throws -> ErrorSums {
        let matrix = chunks.matrix, dtype = matrix.computeDtype
        let (low, high) = try chunks.range()
        let (scale, shift) = try tensorNumbers(low, high, dtype)
        let work = OneScaleWork(
            form: groupForm(dtype, groupSize: matrix.columns), decoding: decoding(dtype), scale: scale,
            shift: state.isSymmetric ? nil : shift, kernels: kernels)
        let errors = try chunks.encode(work) { _, made in try sink.append(made.codes.span, to: 0) }
        try sink.append(kernels.bytes([scale], as: dtype).span, to: 1)
        if !state.isSymmetric {
            let stored = [UInt8(bitPattern: Int8(shift))]
            try sink.append(stored.span, to: 2)
        }
        return errors
    }

    /// The scale and zero point of a range, by the rule of a group that holds just its ends.
    private func tensorNumbers(_ low: Float, _ high: Float, _ dtype: DType) throws -> (scale: Float, shift: Float) {
        var ends = GroupWork(
            GroupForm(
                .signed, bits: state.bits, dtype: dtype, isSymmetric: state.isSymmetric, isUnsigned: state.isPacked,
                searches: false, groupSize: 2),
            decoding: decoding(dtype), columns: 2, kernels: kernels)
        let range = [low, high]
        _ = try ends.encode(range.span, importance: [])
        return (ends.scales[0], ends.shifts[0])
    }

    private func decoding(_ dtype: DType) -> CodeForm {
        state.isPacked
            ? CodeForm(bits: state.bits, offset: 1 << (state.bits - 1), dtype: dtype) : CodeForm(signedBytesAs: dtype)
    }

    private func groupForm(_ dtype: DType, groupSize: Int) -> GroupForm {
        GroupForm(
            .signed, bits: state.bits, dtype: dtype, isSymmetric: state.isSymmetric, isUnsigned: state.isPacked,
            searches: quality == .best, groupSize: groupSize)
    }
}

/// A chunk of rows that becomes whole numbers with the scale of the whole tensor.
private struct OneScaleWork: RowWork {
    let form: GroupForm
    let decoding: CodeForm
    let scale: Float
    /// The zero point; nil where there is none.
    let shift: Float?
    let kernels: Kernels
    private(set) var codes: [UInt8] = []
    private(set) var decoded: [Float] = []

    init(form: GroupForm, decoding: CodeForm, scale: Float, shift: Float?, kernels: Kernels) {
        self.form = form
        self.decoding = decoding
        self.scale = scale
        self.shift = shift
        self.kernels = kernels
    }

    mutating func encode(_ numbers: Span<Float>, importance: [Float]) -> Int {
        // Held here alone, so that they are written in place.
        var codes = codes, decoded = decoded
        self.codes = []
        self.decoded = []
        if codes.count != numbers.count {
            codes = [UInt8](repeating: 0, count: numbers.count)
            decoded = [Float](repeating: 0, count: numbers.count)
        }
        let scales = [scale], shifts = shift.map { [$0] } ?? []
        var span = codes.mutableSpan
        let clipped = kernels.encodeGroup(form, weights: numbers, scale: scale, shift: shift ?? 0, codes: &span)
        var output = decoded.mutableSpan
        kernels.decodeCodes(
            decoding, codes: codes.span, scales: scales.span, shifts: shifts.span, groupSize: numbers.count,
            count: numbers.count, into: &output)
        self.codes = codes
        self.decoded = decoded
        return clipped
    }
}
