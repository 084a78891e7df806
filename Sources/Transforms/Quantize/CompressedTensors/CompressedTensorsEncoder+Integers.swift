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
        let form = groupForm(dtype, groupSize: matrix.columns)
        let scales = [scale], shifts = state.isSymmetric ? [] : [shift]
        var codes: [UInt8] = [], decoded: [Float] = []
        var errors = ErrorSums()
        try chunks.forEach { rows, original, numbers in
            if codes.count != numbers.count {
                codes = [UInt8](repeating: 0, count: numbers.count)
                decoded = [Float](repeating: 0, count: numbers.count)
            }
            var span = codes.mutableSpan
            let clipped = kernels.encodeGroup(form, weights: numbers, scale: scale, shift: shift, codes: &span)
            try sink.append(codes.span, to: 0)
            var output = decoded.mutableSpan
            kernels.decodeCodes(
                decoding(dtype), codes: codes.span, scales: scales.span, shifts: shifts.span,
                groupSize: numbers.count, count: numbers.count, into: &output)
            errors += chunks.errors(original, decoded: decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        try sink.append(kernels.bytes(scales, as: dtype).span, to: 1)
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
