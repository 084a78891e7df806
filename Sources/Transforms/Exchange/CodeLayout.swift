import Formats
import Numbers
import Tensors

/// Where a layout of whole numbers, or of small floats with powers of two, has codes and the numbers of their groups.
struct CodeLayout {
    let scheme: TensorScheme
    /// The matrix, with the dtype that its scales are stored in.
    let form: MatrixForm
    /// What the layout's codes stand for.
    let grid: CodeGrid
    /// The bits of a code.
    let bits: Int
    let kernels: Kernels

    var packing: any CodePacking {
        if case .exponent = grid.meaning, scheme.family != .gguf { return MicroscaledPacking() }
        switch scheme {
        case .gptq(let state): return GPTQPacking(state, form, kernels: kernels)
        case .awq(let state): return AWQPacking(state, form, kernels: kernels)
        case .compressedTensors(let state): return CompressedPacking(state, form, kernels: kernels)
        case .mlx: return MLXPacking(dtype: form.computeDtype, kernels: kernels)
        case .blocks, .fourBit, .int8Rows, .scaledFloat: return BlockPacking(grid)
        }
    }

    /// Rows of the layout's grid as its packing takes them.
    func grouped(_ rows: CodeRows, _ place: Range<Int>) -> GroupedRows {
        grouped(rows, place, packed: packed(rows.codes))
    }

    /// The same with codes that were packed before.
    func grouped(_ rows: CodeRows, _ place: Range<Int>, packed: [UInt8]) -> GroupedRows {
        GroupedRows(
            rows: place, codes: stored(rows.codes), packed: packed, scales: rows.scales,
            shifts: rows.shifts.map { $0 - zeroOffset })
    }

    /// Rows of codes, each ending with a 32-bit word.
    func packed(_ codes: [UInt8]) -> [UInt8] {
        let columns = form.columns, rowByteCount = (columns * bits + 31) / 32 * 4
        var packed = [UInt8](repeating: 0, count: codes.count / columns * rowByteCount)
        var span = packed.mutableSpan
        RowForm(bits: bits, columns: columns, rowByteCount: rowByteCount, groupSize: columns)
            .pack(codes.span, into: &span, kernels: kernels)
        return packed
    }

    /// What compressed-tensors counts zero points from.
    private var zeroOffset: Float {
        guard case .compressedTensors(let state) = scheme, case .zeroPoint = grid.meaning else { return 0 }
        return Float(1 << (state.bits - 1))
    }

    /// Codes as the layout has them: bytes of compressed-tensors are signed.
    private func stored(_ codes: [UInt8]) -> [UInt8] {
        guard case .compressedTensors(let state) = scheme, case .integers = state.layout else { return codes }
        return codes.map { $0 ^ 0x80 }
    }
}
