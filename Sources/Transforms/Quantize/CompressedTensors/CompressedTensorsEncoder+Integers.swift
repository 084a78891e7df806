import Formats
import Numbers
import Tensors

// Whole numbers: packed in words, or a signed byte each.
extension CompressedTensorsEncoder {
    func encodeIntegers(_ chunks: RowChunks, into sink: any PartSink) throws -> ErrorSums {
        if state.granularity == .tensor { return try encodeTensor(chunks, into: sink) }
        let matrix = chunks.matrix, dtype = matrix.computeDtype
        let form = groupForm(dtype, groupSize: state.groupSize ?? matrix.columns)
        var work = GroupWork(form, decoding: decoding(dtype), columns: matrix.columns, kernels: kernels)
        let groups = matrix.columns / form.groupSize, scalePart = isPacked ? 2 : 1
        var numbers = state.isSymmetric ? nil : ScaleGroups(rows: matrix.rows, groups: groups)
        var errors = ErrorSums()
        try chunks.forEach { rows, original, rounded in
            let clipped = try work.encode(rounded, importance: chunks.importance(ofRow: rows.lowerBound))
            let codes = isPacked ? work.packed : work.codes
            try sink.append(codes.span, to: 0)
            try sink.append(kernels.bytes(work.scales, as: dtype).span, to: scalePart)
            if isPacked {
                numbers?.take(rows, work.scales, work.shifts)
            } else if !state.isSymmetric {
                let zeros = work.shifts.map { UInt8(bitPattern: Int8($0)) }
                try sink.append(zeros.span, to: 2)
            }
            errors += chunks.errors(original, decoded: work.decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        guard isPacked else { return errors }
        let shape = matrix.shape.dimensions.flatMap { side in
            (0..<8).map { UInt8(truncatingIfNeeded: side >> (8 * $0)) }
        }
        try sink.append(shape.span, to: 1)
        if let numbers { try sink.append(zeroWords(numbers).span, to: 3) }
        return errors
    }

    /// Zero points as words that run down the rows: [words, groups].
    private func zeroWords(_ numbers: ScaleGroups) -> [UInt8] {
        let packed = numbers.packedZeros(bits: state.bits, adding: 1 << (state.bits - 1), kernels: kernels)
        var turned = [UInt8](repeating: 0, count: packed.count)
        var span = turned.mutableSpan
        kernels.transposeWords(
            packed.span, columns: packed.count / 4 / numbers.groups, firstRow: 0, stride: numbers.groups, into: &span)
        return turned
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
                .signed, bits: state.bits, dtype: dtype, isSymmetric: state.isSymmetric, isUnsigned: isPacked,
                searches: false, groupSize: 2),
            decoding: decoding(dtype), columns: 2, kernels: kernels)
        let range = [low, high]
        _ = try ends.encode(range.span, importance: [])
        return (ends.scales[0], ends.shifts[0])
    }

    private var isPacked: Bool { if case .packed = state.layout { true } else { false } }

    private func decoding(_ dtype: DType) -> CodeForm {
        isPacked
            ? CodeForm(bits: state.bits, offset: 1 << (state.bits - 1), dtype: dtype) : CodeForm(signedBytesAs: dtype)
    }

    private func groupForm(_ dtype: DType, groupSize: Int) -> GroupForm {
        GroupForm(
            .signed, bits: state.bits, dtype: dtype, isSymmetric: state.isSymmetric, isUnsigned: isPacked,
            searches: quality == .best, groupSize: groupSize)
    }
}
