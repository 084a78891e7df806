import Bytes
import Formats
import Numbers
import Tensors

// Schemes whose codes are stored by rows.
extension DequantizerSource {
    /// Affine modes compute `q * scale + bias` in the scales' dtype; the others have no bias and give BF16. Source:
    /// mlx 0.32.4, `mlx/backend/cpu/quantized.cpp`.
    func mlx(_ state: MLXState) throws -> CodeDequantizer {
        let grid = grid(.group(state.columnsPerGroup))
        let rowByteCount = rowByteCount(bits: state.bits, inWords: true)
        guard state.mode == .affine else {
            let table = state.mode == .nvfp4 ? ByteScales.e4m3 : ByteScales.exponents
            return try byRows(
                CodeForm(elements: state.mode == .mxfp8 ? .F8_E4M3 : .F4, dtype: .BF16),
                scales: try numbers("scales", .byte(table), grid), groupSize: grid.groupSize,
                rowByteCount: rowByteCount)
        }
        let dtype = try dtype("scales")
        return try byRows(
            CodeForm(bits: state.bits, order: .scaleThenShift, dtype: dtype),
            scales: try numbers("scales", .float(dtype), grid), shifts: try numbers("biases", .float(dtype), grid),
            groupSize: grid.groupSize, rowByteCount: rowByteCount)
    }

    /// Source: transformers 5.23.0, `integrations/mxfp4.py`.
    func gptOSS() throws -> CodeDequantizer {
        let grid = grid(.group(32))
        return try byRows(
            CodeForm(elements: .F4, dtype: .BF16), scales: try numbers("scales", .byte(ByteScales.exponents), grid),
            groupSize: 32, rowByteCount: columns / 2)
    }

    /// The product is one of float32. Source: transformers 5.23.0, `integrations/finegrained_fp8.py`,
    /// `Fp8Dequantize._dequantize_one`; for a second scale NVIDIA ModelOpt, `qtensor/nvfp4_tensor.py`.
    func scaledFloat(_ state: ScaledFloatState) throws -> CodeDequantizer {
        let grid = grid(state.granularity)
        let element: StoredNumbers.Element
        switch tensor.part("scale")?.dtype {
        case .U8: element = .byte(ByteScales.exponents)
        case .F8_E8M0: element = .byte(ByteScales.e8m0)
        case .F8_E4M3:
            let second = LittleEndianFloats.decode(try parts.all("scale_2", 4))
            element = .byte(ByteScales.e4m3.map { $0 * second[0] })
        default: element = .float(try dtype("scale"))
        }
        return try byRows(
            CodeForm(elements: state.element, dtype: tensor.dtype), scales: try numbers("scale", element, grid),
            groupSize: grid.groupSize, rowByteCount: rowByteCount(bits: state.bits, inWords: false))
    }

    /// Source: compressed-tensors 0.20.0, `quantization/lifecycle/forward_helpers.py`, `_dequantize`, and
    /// `compressors/*/base.py`.
    func compressedTensors(_ state: CompressedTensorsState) throws -> CodeDequantizer {
        let grid = grid(state.granularity)
        switch state.layout {
        case .packed(let bits, let fillsWords): return try packed(state, bits, fillsWords, grid)
        case .integers:
            let dtype = try dtype("scale")
            let zeros = state.isSymmetric ? nil : try numbers("zero_point", .byte(ByteScales.signed), grid)
            return try byRows(
                CodeForm(signedBytesAs: dtype), scales: try numbers("scale", .float(dtype), grid), shifts: zeros,
                groupSize: grid.groupSize, rowByteCount: columns)
        case .floats(let type):
            let dtype = try dtype("scale")
            return try byRows(
                CodeForm(elements: type, dtype: dtype), scales: try numbers("scale", .float(dtype), grid),
                groupSize: grid.groupSize, rowByteCount: columns)
        case .mxfp8:
            return try byRows(
                CodeForm(elements: .F8_E4M3, dtype: .BF16),
                scales: try numbers("scale", .byte(ByteScales.exponents), grid), groupSize: grid.groupSize,
                rowByteCount: columns)
        case .nvfp4, .mxfp4:
            var table = ByteScales.exponents
            if state.layout == .nvfp4 {
                let global = LittleEndianFloats.decode(try parts.all("global_scale", 4))
                table = ByteScales.e4m3.map { $0 / global[0] }
            }
            return try byRows(
                CodeForm(elements: .F4, dtype: .BF16), scales: try numbers("scale", .byte(table), grid),
                groupSize: grid.groupSize, rowByteCount: columns / 2)
        case .sparse24, .sparse:
            throw FormatError(.unsupported, "a sparse matrix has no codes", remedy: "Report this")
        }
    }

    private func packed(
        _ state: CompressedTensorsState, _ bits: Int, _ fillsWords: Bool, _ grid: ScaleGrid
    ) throws -> CodeDequantizer {
        let dtype = try dtype("scale")
        var scales: any GroupNumbers = try numbers("scale", .float(dtype), grid)
        var shifts: (any GroupNumbers)?
        if !state.isSymmetric {
            shifts =
                tensor.part("zero_point")?.dtype == .I32
                ? try packedZeroPoints(bits, fillsWords, grid)
                : try numbers("zero_point", .byte(ByteScales.signed), grid)
        }
        var groupSize = grid.groupSize
        if state.hasActOrder {
            let index = try groupIndex(count: grid.countPerRow)
            scales = GatheredNumbers(groups: scales, index: index)
            shifts = shifts.map { GatheredNumbers(groups: $0, index: index) }
            groupSize = 1
        }
        let offset = 1 << (bits - 1)
        if fillsWords {
            return try byRows(
                CodeForm(bits: bits, offset: offset, dtype: dtype), scales: scales, shifts: shifts,
                groupSize: groupSize, rowByteCount: rowByteCount(bits: bits, inWords: true))
        }
        let words = (columns + 32 / bits - 1) / (32 / bits)
        try parts.check("codes", rows * words * 4)
        return CodeDequantizer(
            shape: tensor.shape, form: CodeForm(bits: 8, offset: offset, dtype: dtype),
            codes: .wholeCodes(parts, words: words, bits: bits), rowByteCount: columns, scales: scales,
            shifts: shifts, groupSize: groupSize, kernels: kernels)
    }

    /// Zero points in words that run down the rows: [words, groups] for each matrix.
    private func packedZeroPoints(_ bits: Int, _ fillsWords: Bool, _ grid: ScaleGrid) throws -> HeldNumbers {
        let groups = grid.countPerRow, perWord = 32 / bits
        let words =
            fillsWords
            ? matrixRows / 32 * bits + (matrixRows % 32 * bits + 31) / 32 : (matrixRows + perWord - 1) / perWord
        let stored = try parts.all("zero_point", matrices * words * groups * 4)
        var values: [Float] = []
        values.reserveCapacity(rows * groups)
        for matrix in 0..<matrices {
            let byteCount = words * groups * 4
            var turned = [UInt8](repeating: 0, count: byteCount)
            var span = turned.mutableSpan
            kernels.transposeWords(
                stored.span.extracting(matrix * byteCount..<(matrix + 1) * byteCount), columns: groups, firstRow: 0,
                stride: words, into: &span)
            var bytesPerGroup = words * 4
            if !fillsWords {
                turned = WholeCodes.unpacked(turned, wordsPerRow: words, bits: bits, columns: matrixRows)
                bytesPerGroup = matrixRows
            }
            let form = CodeForm(bits: fillsWords ? bits : 8, offset: 1 << (bits - 1), dtype: .F32)
            let found = (0..<groups).flatMap { group in
                kernels.integers(form, Array(turned[group * bytesPerGroup..<(group + 1) * bytesPerGroup]), matrixRows)
            }
            values += HeldNumbers(transposing: found, rows: matrixRows).values
        }
        return HeldNumbers(values, countPerRow: groups)
    }

    /// The group of each column, one that there is.
    func groupIndex(count: Int) throws -> [Int] {
        let bytes = try parts.all("g_idx", columns * 4)
        return try (0..<columns).map { column in
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[column * 4 + $1]) << (8 * UInt32($1)) }
            let group = Int(Int32(bitPattern: bits))
            guard (0..<count).contains(group) else {
                throw FormatError(
                    .corrupt, "g_idx has group \(group) for column \(column), there are \(count)",
                    remedy: "Fetch the file again")
            }
            return group
        }
    }
}

extension Kernels {
    /// Codes as the numbers that they are, less the form's offset.
    func integers(_ form: CodeForm, _ codes: [UInt8], _ count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var span = values.mutableSpan
        let one: [Float] = [1], none: [Float] = []
        decodeCodes(
            form, codes: codes.span, scales: one.span, shifts: none.span, groupSize: max(1, count), count: count,
            into: &span)
        return values
    }
}
