import Formats
import Numbers
import Tensors

/// A chunk of rows that becomes 8-bit floats with scales of the whole tensor, of rows or of blocks.
struct FloatWork: RowWork {
    /// Whose arithmetic it is.
    enum Manner {
        /// compressed-tensors: scales and quotients are rounded to the model's dtype; a scale of 0 becomes its step
        /// at 1.
        case compressedTensors
        /// transformers: all in float32; a scale of 0 becomes 1.
        case fineGrained
    }

    let matrix: MatrixForm
    let quality: EncoderQuality
    let kernels: Kernels
    let element: DType
    let granularity: ScaleGranularity
    let manner: Manner
    /// The scale of the whole tensor.
    private var common: BandScales?
    private(set) var codes: [UInt8] = []
    /// Of the rows' bands, one after the other; empty when the whole tensor has one.
    private(set) var scales: [Float] = []
    private(set) var decoded: [Float] = []

    /// - Throws: what reading the source for the scale of the whole tensor throws.
    init(_ chunks: RowChunks, element: DType, granularity: ScaleGranularity, manner: Manner) throws {
        matrix = chunks.matrix
        quality = chunks.quality
        kernels = chunks.kernels
        self.element = element
        self.granularity = granularity
        self.manner = manner
        if granularity == .tensor { common = try tensorScale(chunks) }
    }

    private var columns: Int { matrix.columns }
    private var scaleDtype: DType { manner == .fineGrained ? .F32 : matrix.computeDtype }
    private var greatestElement: Float { element == .F8_E5M2 ? 57344 : 448 }

    /// The columns that share a scale.
    private var run: Int { if case .block(_, let width) = granularity { width } else { columns } }
    /// The rows that share scales, where the whole tensor has not one.
    private var bandHeight: Int { if case .block(let height, _) = granularity { height } else { 1 } }

    /// Codes in the first part, scales in the second.
    static func encode(
        _ chunks: RowChunks, element: DType, granularity: ScaleGranularity, manner: Manner, into sink: any PartSink
    ) throws -> ErrorSums {
        let work = try FloatWork(chunks, element: element, granularity: granularity, manner: manner)
        let errors = try chunks.encode(rowMultiple: work.bandHeight, work) { _, made in
            try sink.append(made.codes.span, to: 0)
            try sink.append(work.kernels.bytes(made.scales, as: work.scaleDtype).span, to: 1)
        }
        if let common = work.common {
            try sink.append(work.kernels.bytes(common.scales, as: work.scaleDtype).span, to: 1)
        }
        return errors
    }

    mutating func encode(_ numbers: Span<Float>, importance: [Float]) -> Int {
        var codes = codes, decoded = decoded, scales: [Float] = []
        // Held here alone, so that they are written in place.
        self.codes = []
        self.decoded = []
        if codes.count != numbers.count {
            codes = [UInt8](repeating: 0, count: numbers.count)
            decoded = [Float](repeating: 0, count: numbers.count)
        }
        let step = (common == nil ? bandHeight : numbers.count / columns) * columns
        var clipped = 0
        for start in stride(from: 0, to: numbers.count, by: step) {
            let band = start..<min(start + step, numbers.count)
            let found = common ?? self.scales(ofBand: numbers.extracting(band), importance)
            var codeSpan = codes.mutableSpan
            var codePart = codeSpan._mutatingExtracting(band)
            clipped += encode(numbers.extracting(band), found, into: &codePart)
            var span = decoded.mutableSpan
            var part = span._mutatingExtracting(band)
            decode(codes.span.extracting(band), found.scales, into: &part)
            if common == nil { scales += found.scales }
        }
        self.codes = codes
        self.decoded = decoded
        self.scales = scales
        return clipped
    }

    /// The scales of a band of rows, and which of them are the library's own.
    private struct BandScales {
        var scales: [Float]
        var areReference: Bool
    }

    private func encode(_ numbers: Span<Float>, _ found: BandScales, into codes: inout MutableSpan<UInt8>) -> Int {
        let rounding: DType? = manner == .compressedTensors && found.areReference ? matrix.computeDtype : nil
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
        let form = CodeForm(elements: element, dtype: matrix.computeDtype), none: [Float] = []
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
        guard quality == .best else { return BandScales(scales: reference, areReference: true) }
        var errors = [Double](repeating: 0, count: 16 * runs)
        add(numbers, reference, importance, to: &errors)
        return better(reference, errors)
    }

    private func tensorScale(_ chunks: RowChunks) throws -> BandScales {
        let reference = [scale(try chunks.greatestMagnitude())]
        guard quality == .best else { return BandScales(scales: reference, areReference: true) }
        var errors = [Double](repeating: 0, count: 16)
        try chunks.forEach { rows, numbers in
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
                element, scaleDtype: scaleDtype, dtype: matrix.computeDtype,
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
