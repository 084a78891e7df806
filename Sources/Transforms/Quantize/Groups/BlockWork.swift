import Numbers
import Tensors

/// Blocks of small floats with a scale of one byte: codes in the first part, scales in the second.
enum BlockWork {
    /// Encodes a matrix and measures it as it is decoded in BF16.
    /// - Parameter packsPairs: whether two codes share a byte, the first one in the low half.
    static func encode(
        _ chunks: RowChunks, _ form: MicroscaledForm, packsPairs: Bool, into sink: any PartSink
    ) throws -> ErrorSums {
        let columns = chunks.matrix.columns, kernels = chunks.kernels
        let decoding = CodeForm(elements: form.element, dtype: .BF16)
        let table = form.scaleValues
        var codes: [UInt8] = [], scales: [UInt8] = [], packed: [UInt8] = [], decoded: [Float] = []
        var errors = ErrorSums()
        try chunks.forEach { rows, original, numbers in
            if codes.count != numbers.count {
                codes = [UInt8](repeating: 0, count: numbers.count)
                packed = [UInt8](repeating: 0, count: packsPairs ? numbers.count / 2 : 0)
                scales = [UInt8](repeating: 0, count: numbers.count / form.groupSize)
                decoded = [Float](repeating: 0, count: numbers.count)
            }
            let importance = chunks.importance(ofRow: rows.lowerBound)
            var codeSpan = codes.mutableSpan
            var scaleSpan = scales.mutableSpan
            let clipped = kernels.encodeMicroscaled(
                form, weights: numbers, columns: columns, importance: importance, codes: &codeSpan,
                scales: &scaleSpan)
            if packsPairs {
                var span = packed.mutableSpan
                kernels.packCodes(codes.span, bits: 4, into: &span)
            }
            let stored = packsPairs ? packed : codes
            try sink.append(stored.span, to: 0)
            try sink.append(scales.span, to: 1)
            let values = scales.map { table[Int($0)] }, none: [Float] = []
            var span = decoded.mutableSpan
            kernels.decodeCodes(
                decoding, codes: stored.span, scales: values.span, shifts: none.span, groupSize: form.groupSize,
                count: numbers.count, into: &span)
            errors += chunks.errors(original, decoded: decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        return errors
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
