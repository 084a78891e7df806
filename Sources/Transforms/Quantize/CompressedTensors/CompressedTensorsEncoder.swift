package import Bytes
package import Formats
import Numbers
package import Tensors

/// Quantizes matrices as compressed-tensors does: whole numbers in words or bytes, 8-bit floats, NVFP4, MXFP4, MXFP8.
///
/// The reference bytes are those of compressed-tensors 0.20.0, whose steps each round to the model's dtype, in which
/// scales are kept. NVFP4 follows its default, where codes are made before the scales are rounded to F8_E4M3; its
/// preset `NVFP4A16` rounds them first, which changes one code in twenty.
package struct CompressedTensorsEncoder: MatrixEncoder {
    let state: CompressedTensorsState
    let quality: EncoderQuality
    let rule: E8M0Rule
    let kernels: Kernels

    /// - Parameter rule: how E8M0 scales are found; of use in MXFP4 and MXFP8.
    package init(
        _ state: CompressedTensorsState, quality: EncoderQuality, rule: E8M0Rule = .bump, kernels: Kernels
    ) {
        self.state = state
        self.quality = quality
        self.rule = rule
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsPlain("compressed-tensors")
        guard !state.hasActOrder else { throw unwritten() }
        let (rows, columns) = (matrix.rows, matrix.columns)
        switch state.layout {
        case .packed(let bits, fillsWords: true):
            guard (2...8).contains(bits), let scales = try scaleShape(matrix) else { throw unwritten() }
            var parts = [
                PartForm(
                    .beside("weight_packed"), role: "codes", type: .plain(.I32),
                    shape: [rows, (columns * bits + 31) / 32]),
                PartForm(.beside("weight_shape"), role: "shape", type: .plain(.I64), shape: [2]),
                scale(.plain(matrix.computeDtype), scales),
            ]
            if !state.isSymmetric {
                guard scales.count == 2 else { throw unwritten() }
                parts.append(zeros(.I32, [(rows * bits + 31) / 32, scales[1]]))
            }
            return parts
        case .integers(bits: 8):
            guard let scales = try scaleShape(matrix) else { throw unwritten() }
            let parts = [codes(.I8, matrix), scale(.plain(matrix.computeDtype), scales)]
            return state.isSymmetric ? parts : parts + [zeros(.I8, scales)]
        case .floats(.F8_E4M3):
            guard let scales = try scaleShape(matrix) else { throw unwritten() }
            return [codes(.F8_E4M3, matrix), scale(.plain(matrix.computeDtype), scales)]
        case .nvfp4, .mxfp4:
            let isMX = state.layout == .mxfp4, size = isMX ? 32 : 16
            try matrix.checkGroups(of: size)
            let packed = PartForm(
                .beside("weight_packed"), role: "codes", type: .plain(.U8), shape: [rows, columns / 2])
            let scales = scale(.plain(isMX ? .U8 : .F8_E4M3), [rows, columns / size])
            let global = PartForm(
                .beside("weight_global_scale"), role: "global_scale", type: .plain(.F32), shape: [1])
            return isMX ? [packed, scales] : [packed, scales, global]
        case .mxfp8:
            try matrix.checkGroups(of: 32)
            return [codes(.F8_E4M3, matrix), scale(.plain(.U8), [rows, columns / 32])]
        case .packed, .integers, .floats, .sparse24, .sparse: throw unwritten()
        }
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let chunks = RowChunks(
            of: matrix, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        switch state.layout {
        case .packed, .integers: return try encodeIntegers(chunks, into: sink)
        case .floats(let element):
            return try FloatWork.encode(
                chunks, element: element, granularity: state.granularity, manner: .compressedTensors, into: sink)
        case .nvfp4:
            let (greatest, dtype) = (try chunks.greatestMagnitude(), matrix.computeDtype)
            let divisor = Self.globalScale(greatest: greatest, dtype: dtype, kernels: kernels)
            let errors = try blocks(chunks, scale: .e4m3Divided(by: divisor, dtype), into: sink)
            try sink.append(LittleEndianFloats.encode([divisor]).span, to: 2)
            return errors
        default: return try blocks(chunks, scale: .exponent(rule: rule.number), into: sink)
        }
    }

    /// What all scales of NVFP4 are multiplied by, so that the greatest is the greatest F8_E4M3: `448 × 6 ÷ greatest`
    /// in the model's dtype, 1 for a tensor of zeros.
    static func globalScale(greatest: Float, dtype: DType, kernels: Kernels) -> Float {
        guard greatest > 0 else { return 1 }
        let rounded = kernels.rounded(2688 / greatest, to: dtype)
        return min(rounded, .greatestFiniteMagnitude)
    }

    private func blocks(
        _ chunks: RowChunks, scale: MicroscaledForm.Scale, into sink: any PartSink
    ) throws -> ErrorSums {
        let isWide = state.layout == .mxfp8
        let form = MicroscaledForm(
            isWide ? .F8_E4M3 : .F4, groupSize: state.layout == .nvfp4 ? 16 : 32, scale: scale, manner: .evenTies,
            searches: quality == .best)
        return try chunks.encode(form, packsPairs: !isWide, into: sink)
    }

    /// The shape of the scales; nil when the granularity is not one that is written.
    private func scaleShape(_ matrix: MatrixForm) throws(FormatError) -> [Int]? {
        switch (state.layout, state.granularity) {
        case (.packed, .tensor): return nil
        case (_, .tensor): return [1]
        case (_, .channel): return [matrix.rows, 1]
        case (.floats, .group): return nil
        case (_, .group(let size)):
            try matrix.checkGroups(of: size)
            return [matrix.rows, matrix.columns / size]
        case (.floats, .block(let height, let width)):
            return [(matrix.rows + height - 1) / height, (matrix.columns + width - 1) / width]
        case (_, .block): return nil
        }
    }

    private func codes(_ dtype: DType, _ matrix: MatrixForm) -> PartForm {
        PartForm(.same, role: "codes", type: .plain(dtype), shape: matrix.shape.dimensions)
    }

    private func scale(_ type: ElementType, _ shape: [Int]) -> PartForm {
        PartForm(.beside("weight_scale"), role: "scale", type: type, shape: shape)
    }

    private func zeros(_ dtype: DType, _ shape: [Int]) -> PartForm {
        PartForm(.beside("weight_zero_point"), role: "zero_point", type: .plain(dtype), shape: shape)
    }

    private func unwritten() -> FormatError {
        FormatError(
            .unsupported, "'\(state.scheme)' is not written",
            remedy: "Choose int4 or int8 by rows or groups, fp8, nvfp4, mxfp4 or mxfp8")
    }
}

extension Kernels {
    /// One number rounded to a dtype.
    func rounded(_ number: Float, to dtype: DType) -> Float {
        let stored = bytes([number], as: dtype)
        var numbers: [Float] = [0]
        var span = numbers.mutableSpan
        widen(dtype, stored.span, into: &span)
        return numbers[0]
    }
}
