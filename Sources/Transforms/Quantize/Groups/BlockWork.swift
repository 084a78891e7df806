import Numbers
import Tensors

/// A chunk of rows that becomes blocks of small floats with a scale of one byte, decoded in BF16.
struct BlockWork: RowWork {
    let form: MicroscaledForm
    /// Whether two codes share a byte, the first one in the low half.
    let packsPairs: Bool
    let columns: Int
    let kernels: Kernels
    /// What each byte of a scale stands for.
    private let scaleValues: [Float]
    private var codes: [UInt8] = []
    private var packed: [UInt8] = []
    private(set) var scales: [UInt8] = []
    private(set) var decoded: [Float] = []

    init(_ form: MicroscaledForm, packsPairs: Bool, columns: Int, kernels: Kernels) {
        self.form = form
        self.packsPairs = packsPairs
        self.columns = columns
        self.kernels = kernels
        scaleValues = form.scaleValues
    }

    /// The codes as they are stored.
    var stored: [UInt8] { packsPairs ? packed : codes }

    mutating func encode(_ numbers: Span<Float>, importance: [Float]) -> Int {
        // Held here alone, so that they are written in place.
        var codes = codes, packed = packed, scales = scales, decoded = decoded
        self.codes = []
        self.packed = []
        self.scales = []
        self.decoded = []
        if codes.count != numbers.count {
            codes = [UInt8](repeating: 0, count: numbers.count)
            packed = [UInt8](repeating: 0, count: packsPairs ? numbers.count / 2 : 0)
            scales = [UInt8](repeating: 0, count: numbers.count / form.groupSize)
            decoded = [Float](repeating: 0, count: numbers.count)
        }
        var codeSpan = codes.mutableSpan
        var scaleSpan = scales.mutableSpan
        let clipped = kernels.encodeMicroscaled(
            form, weights: numbers, columns: columns, importance: importance, codes: &codeSpan, scales: &scaleSpan)
        if packsPairs {
            var span = packed.mutableSpan
            kernels.packCodes(codes.span, bits: 4, into: &span)
        }
        let stored = packsPairs ? packed : codes
        let values = scales.map { scaleValues[Int($0)] }, none: [Float] = []
        var span = decoded.mutableSpan
        kernels.decodeCodes(
            CodeForm(elements: form.element, dtype: .BF16), codes: stored.span, scales: values.span,
            shifts: none.span, groupSize: form.groupSize, count: numbers.count, into: &span)
        self.codes = codes
        self.packed = packed
        self.scales = scales
        self.decoded = decoded
        return clipped
    }
}

extension RowChunks {
    /// Makes blocks: codes in the first part, scales in the second.
    func encode(_ form: MicroscaledForm, packsPairs: Bool, into sink: any PartSink) throws -> ErrorSums {
        let work = BlockWork(form, packsPairs: packsPairs, columns: matrix.columns, kernels: kernels)
        return try encode(work) { _, made in
            try sink.append(made.stored.span, to: 0)
            try sink.append(made.scales.span, to: 1)
        }
    }
}

extension MicroscaledForm {
    /// What each byte of a scale stands for.
    var scaleValues: [Float] {
        switch scale {
        case .exponent: ByteScales.exponents
        case .e4m3: ByteScales.e4m3
        case .e4m3Divided(let divisor, _): ByteScales.e4m3.map { $0 / divisor }
        }
    }
}

extension E8M0Rule {
    /// The rule's number in CKernels.h.
    var number: Int32 {
        switch self {
        case .floor: 0
        case .nearest: 1
        case .ceil: 2
        case .bump: 3
        }
    }
}
