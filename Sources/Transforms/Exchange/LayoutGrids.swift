package import Formats
import Numbers

// Which grid a layout has. Layouts with a second scale, with codebooks or with columns out of order have none.

extension LogicalTensor {
    /// What the tensor's codes stand for; nil where no other layout has the like.
    package var codeGrid: CodeGrid? {
        switch encoding {
        case .blocks(let state): return TensorScheme.blocks(state.type).codeGrid
        case .mlx(let state):
            return TensorScheme.mlx(state).codeGrid?.storing(part("scales")?.dtype)
        case .gptOSS: return .mxfp4
        case .gptq(let state):
            guard !state.hasActOrder else { return nil }
            let middle = CodeGrid.middle(state.bits)
            // A stored zero point of version 1 may stand for one more than the greatest code.
            let all = 0...(CodeGrid.all(state.bits).upperBound + (state.version == .v1 ? 1 : 0))
            return CodeGrid(
                bits: state.bits, meaning: .zeroPoint(state.isSymmetric == true ? middle : all),
                groupSize: state.groupSize, scaleDtype: part("scales")?.dtype)
        case .awq(let state):
            return CodeGrid(
                bits: state.bits,
                meaning: .zeroPoint(state.hasZeroPoints ? CodeGrid.all(state.bits) : CodeGrid.middle(state.bits)),
                groupSize: state.groupSize, scaleDtype: part("scales")?.dtype)
        case .compressedTensors(let state):
            return TensorScheme.compressedTensors(state).codeGrid?.storing(part("scale")?.dtype)
        case .dense, .bitsAndBytes, .bitsAndBytesInt8, .scaledFloat: return nil
        }
    }
}

extension TensorScheme {
    /// What codes of the layout stand for; nil where no other layout has the like.
    package var codeGrid: CodeGrid? {
        switch self {
        case .blocks(let type): return Self.grid(of: type)
        case .mlx(let state):
            switch state.mode {
            case .affine:
                return CodeGrid(bits: state.bits, meaning: .bias, groupSize: state.columnsPerGroup, scaleDtype: nil)
            case .mxfp4: return .mxfp4
            case .mxfp8: return .mxfp8
            case .nvfp4: return nil
            }
        case .gptq(let state):
            guard !state.hasActOrder else { return nil }
            return CodeGrid(
                bits: state.bits, meaning: .zeroPoint(state.leastZero...CodeGrid.all(state.bits).upperBound),
                groupSize: state.groupSize, scaleDtype: .F16)
        case .awq(let state):
            guard state.layout == .gemm, state.hasZeroPoints else { return nil }
            return CodeGrid(
                bits: state.bits, meaning: .zeroPoint(CodeGrid.all(state.bits)), groupSize: state.groupSize,
                scaleDtype: .F16)
        case .compressedTensors(let state): return Self.grid(of: state)
        case .fourBit, .int8Rows, .scaledFloat: return nil
        }
    }

    private static func grid(of type: BlockType) -> CodeGrid? {
        let bits: Int
        let meaning: CodeGrid.Meaning
        switch type {
        case .Q4_0: (bits, meaning) = (4, .zeroPoint(CodeGrid.middle(4)))
        case .Q5_0: (bits, meaning) = (5, .zeroPoint(CodeGrid.middle(5)))
        case .Q8_0: (bits, meaning) = (8, .zeroPoint(CodeGrid.middle(8)))
        case .Q4_1: (bits, meaning) = (4, .bias)
        case .Q5_1: (bits, meaning) = (5, .bias)
        case .MXFP4: return .mxfp4
        default: return nil
        }
        return CodeGrid(bits: bits, meaning: meaning, groupSize: type.elementCount, scaleDtype: .F16)
    }

    private static func grid(of state: CompressedTensorsState) -> CodeGrid? {
        guard !state.hasActOrder else { return nil }
        let size: Int?
        switch state.granularity {
        case .channel: size = nil
        case .group(let columns): size = columns
        case .tensor, .block: return nil
        }
        switch state.layout {
        case .packed(let bits, _):
            return CodeGrid(
                bits: bits,
                meaning: .zeroPoint(state.isSymmetric ? CodeGrid.middle(bits) : CodeGrid.all(bits)), groupSize: size,
                scaleDtype: nil)
        case .integers:
            return CodeGrid(
                bits: 8, meaning: .zeroPoint(state.isSymmetric ? CodeGrid.middle(8) : CodeGrid.all(8)),
                groupSize: size, scaleDtype: nil)
        case .mxfp4: return .mxfp4
        case .mxfp8: return .mxfp8
        case .floats, .nvfp4, .sparse24, .sparse: return nil
        }
    }

    /// The scheme for codes of a grid: GPTQ's configuration says whether all zero points are in the middle.
    package func holding(_ grid: CodeGrid) -> Self {
        guard case .gptq(let state) = self else { return self }
        return .gptq(
            GPTQState(
                bits: state.bits, groupSize: state.groupSize, version: state.version,
                isSymmetric: grid.meaning == .zeroPoint(CodeGrid.middle(state.bits)), hasActOrder: false))
    }
}

extension CodeGrid {
    /// The same grid with what a tensor's own scales are stored in; none where they are powers of two.
    fileprivate func storing(_ dtype: DType?) -> CodeGrid {
        if case .exponent = meaning { return self }
        return CodeGrid(bits: bits, meaning: meaning, groupSize: groupSize, scaleDtype: dtype)
    }
}
