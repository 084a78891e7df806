import Formats
import Numbers
import Tensors

/// A matrix that becomes 8-bit floats with scales of the whole tensor, of rows or of blocks: codes in the first part,
/// scales in the second.
struct FloatWork {
    /// Whose arithmetic it is.
    enum Manner {
        /// compressed-tensors: scales and quotients are rounded to the model's dtype; a scale of 0 becomes its step
        /// at 1.
        case compressedTensors
        /// transformers: all in float32; a scale of 0 becomes 1.
        case fineGrained
    }

    let chunks: RowChunks
    let element: DType
    let granularity: ScaleGranularity
    let manner: Manner

    init(_ chunks: RowChunks, element: DType, granularity: ScaleGranularity, manner: Manner) {
        self.chunks = chunks
        self.element = element
        self.granularity = granularity
        self.manner = manner
    }

    private var kernels: Kernels { chunks.kernels }
    private var columns: Int { chunks.matrix.columns }
    private var scaleDtype: DType { manner == .fineGrained ? .F32 : chunks.matrix.computeDtype }
    private var greatestElement: Float { element == .F8_E5M2 ? 57344 : 448 }

    /// The columns and rows that share a scale.
    private var run: Int { if case .block(_, let width) = granularity { width } else { columns } }
    private var bandHeight: Int {
        switch granularity {
        case .block(let height, _): height
        case .tensor: chunks.matrix.rows
        case .channel, .group: 1
        }
    }

    func encode(into sink: any PartSink) throws -> ErrorSums {
        let common = granularity == .tensor ? try tensorScale() : nil
        var codes: [UInt8] = [], decoded: [Float] = []
        var errors = ErrorSums()
        try chunks.forEach(rowMultiple: common == nil ? bandHeight : 1) { rows, original, numbers in
            if codes.count != numbers.count {
                codes = [UInt8](repeating: 0, count: numbers.count)
                decoded = [Float](repeating: 0, count: numbers.count)
            }
            let importance = chunks.importance(ofRow: rows.lowerBound)
            let height = common == nil ? bandHeight : rows.count
            var clipped = 0
            for first in stride(from: 0, to: rows.count, by: height) {
                let band = first * columns..<min(first + height, rows.count) * columns
                let found = common ?? scales(ofBand: numbers.extracting(band), importance)
                var codeSpan = codes.mutableSpan
                var codePart = codeSpan._mutatingExtracting(band)
                clipped += encode(numbers.extracting(band), found, into: &codePart)
                var span = decoded.mutableSpan
                var part = span._mutatingExtracting(band)
                decode(codes.span.extracting(band), found.scales, into: &part)
                guard common == nil else { continue }
                try sink.append(kernels.bytes(found.scales, as: scaleDtype).span, to: 1)
            }
            try sink.append(codes.span, to: 0)
            errors += chunks.errors(original, decoded: decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        if let common { try sink.append(kernels.bytes(common.scales, as: scaleDtype).span, to: 1) }
        return errors
    }

    /// The scales of a band of rows, and which of them are the library's own.
    private struct BandScales {
        var scales: [Float]
        var areReference: Bool
    }

    private func encode(_ numbers: Span<Float>, _ found: BandScales, into codes: inout MutableSpan<UInt8>) -> Int {
        let rounding: DType? = manner == .compressedTensors && found.areReference ? chunks.matrix.computeDtype : nil
        var clipped = 0
        for start in stride(from: 0, to: numbers.count, by: columns) {
            var part = codes._mutatingExtracting(start..<start + columns)
            clipped += kernels.encodeFloats(
                element, roundingTo: rounding, weights: numbers.extracting(start..<start + columns), run: run,
                scales: found.scales.span, codes: &part)
        }
        return clipped
    }

    private func decode(_ codes: Span<UInt8>, _ scales: [Float], into output: inout MutableSpan<Float>) {
        let form = CodeForm(elements: element, dtype: chunks.matrix.computeDtype), none: [Float] = []
        for start in stride(from: 0, to: codes.count, by: columns) {
            var part = output._mutatingExtracting(start..<start + columns)
            kernels.decodeCodes(
                form, codes: codes.extracting(start..<start + columns), scales: scales.span, shifts: none.span,
                groupSize: run, count: columns, into: &part)
        }
    }

    // MARK: Scales

    private func scale(_ greatest: Float) -> Float {
        let scale = kernels.rounded(greatest / greatestElement, to: scaleDtype)
        guard scale == 0 else { return scale }
        switch manner {
        case .fineGrained: return greatest == 0 ? 1 : .leastNonzeroMagnitude
        case .compressedTensors:
            switch scaleDtype {
            case .BF16: return 0x1p-7
            case .F16: return 0x1p-10
            default: return 0x1p-23
            }
        }
    }

    private func scales(ofBand numbers: Span<Float>, _ importance: [Float]) -> BandScales {
        let found = kernels.ranges(of: numbers, columns: columns, groupSize: run)
        let runs = (columns + run - 1) / run
        let reference = (0..<runs).map { index in
            let places = stride(from: index, to: found.lows.count, by: runs)
            return scale(places.reduce(Float(0)) { max($0, found.highs[$1], -found.lows[$1]) })
        }
        guard chunks.quality == .best else { return BandScales(scales: reference, areReference: true) }
        var errors = [Double](repeating: 0, count: 16 * runs)
        add(numbers, reference, importance, to: &errors)
        return better(reference, errors)
    }

    private func tensorScale() throws -> BandScales {
        let reference = [scale(try chunks.greatestMagnitude())]
        guard chunks.quality == .best else { return BandScales(scales: reference, areReference: true) }
        var errors = [Double](repeating: 0, count: 16)
        try chunks.forEach { rows, _, numbers in
            add(numbers, reference, chunks.importance(ofRow: rows.lowerBound), to: &errors)
        }
        return better(reference, errors)
    }

    /// Shares of the scale that are tried, the library's first. Other scales move the steps between powers of two; much
    /// less of it would clip.
    private static let shares: [Float] = [
        1, 0.9375, 0.96875, 1.03125, 1.0625, 1.125, 1.1875, 1.25, 1.3125, 1.375, 1.4375, 1.5, 1.5625, 1.625, 1.75,
        1.875,
    ]

    private func add(_ numbers: Span<Float>, _ scales: [Float], _ importance: [Float], to errors: inout [Double]) {
        for start in stride(from: 0, to: numbers.count, by: columns) {
            kernels.addFloatErrors(
                element, scaleDtype: scaleDtype, dtype: chunks.matrix.computeDtype,
                weights: numbers.extracting(start..<start + columns),
                importance: importance, run: run, scales: scales.span, shares: Self.shares, to: &errors)
        }
    }

    /// The scales with the least error. One must have clearly less than the library's, whose sums are rounded too.
    private func better(_ reference: [Float], _ errors: [Double]) -> BandScales {
        var scales = reference
        for run in reference.indices {
            let found = errors[16 * run..<16 * (run + 1)]
            guard let least = found.min(), least < found[16 * run] * 0.9999, let place = found.firstIndex(of: least)
            else { continue }
            scales[run] = kernels.rounded(reference[run] * Self.shares[place - 16 * run], to: scaleDtype)
        }
        return BandScales(scales: scales, areReference: scales == reference)
    }
}
