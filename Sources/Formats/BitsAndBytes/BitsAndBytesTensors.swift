import Bytes
import Numbers
import Tensors

/// Finds the matrices that bitsandbytes quantized to 4 bits among a model's tensors.
///
/// For a matrix `P.weight` of n elements in blocks of b:
///
/// | tensor | dtype, shape |
/// | --- | --- |
/// | `P.weight` | U8 [⌈n/2⌉, 1], or the same bytes as another dtype (`bnb_4bit_quant_storage`) |
/// | `P.weight.absmax` | F32 [⌈n/b⌉]; U8 under double quantization |
/// | `P.weight.quant_map` | F32 [16] |
/// | `P.weight.nested_absmax` | F32 [⌈⌈n/b⌉/256⌉], under double quantization |
/// | `P.weight.nested_quant_map` | F32 [256], under double quantization |
/// | `P.weight.quant_state.bitsandbytes__nf4` (or `__fp4`) | U8, the JSON of `BitsAndBytesQuantState` |
///
/// The library looks only at what stands behind the last dot, so `P.weight.quant_state.absmax` is read too. Source:
/// bitsandbytes 0.50.2, `functional.py`, `QuantState.from_dict`, and `nn/modules.py`, `Linear4bit`.
enum BitsAndBytesTensors {
    /// A quantization state has some 200 bytes; this is a cap before reading.
    static let longestState = 64 << 10

    static func find(
        in model: inout StoredTensors, _ config: QuantizationConfig
    ) throws -> [LogicalTensor] {
        let states = model.free(.fourBitState)
        let quantized = try states.map { state in
            let owner = stateOwner(state.tensor.name) ?? ""
            do {
                let quantState = try readState(state, in: model)
                guard !model.isTaken(owner) else { throw fault("has two quantization states") }
                let tensor = try Parts(of: owner, state: state, in: model).tensor(quantState)
                try model.take(tensor)
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: owner)
            }
        }
        guard !states.isEmpty || BitsAndBytesConfig.isFourBit(config.object) else { return quantized }
        for tensor in model.free(.absmax) {
            let owner = String(tensor.tensor.name.dropLast(".absmax".count))
            guard model[owner] == nil else {
                throw fault("has absmax values, but no quantization state").concerning(tensor: owner)
            }
        }
        return quantized
    }

    /// The matrix that the quantization state of this name belongs to; nil for the name of anything else.
    static func stateOwner(_ name: String) -> String? {
        for type in FourBitType.allCases {
            for suffix in [".quant_state.bitsandbytes__", ".bitsandbytes__"]
            where name.hasSuffix(suffix + type.rawValue) {
                return String(name.dropLast(suffix.count + type.rawValue.count))
            }
        }
        return nil
    }

    private static func readState(
        _ tensor: FiledTensor, in model: StoredTensors
    ) throws -> BitsAndBytesQuantState {
        let byteCount = tensor.tensor.contentByteCount
        guard byteCount <= longestState else {
            throw fault("has a quantization state of \(byteCount) bytes, at most \(longestState) are read")
        }
        let json = try model.bytes(of: tensor)
        let state: BitsAndBytesQuantState
        do {
            state = try BitsAndBytesQuantState(parsing: json)
        } catch {
            throw error.moved(by: StoredTensors.byteOffset(of: 0, in: tensor.tensor))
        }
        guard tensor.tensor.name.hasSuffix("bitsandbytes__" + state.type.rawValue) else {
            throw fault("has a quantization state of type \(state.type.rawValue) under another type's name")
        }
        return state
    }

    fileprivate static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, problem, remedy: "Quantize the source again, or fetch the file again")
    }

    /// The stored tensors of one matrix, by what stands behind the last dot.
    private struct Parts {
        let owner: String
        let state: FiledTensor
        let model: StoredTensors

        init(of owner: String, state: FiledTensor, in model: StoredTensors) {
            self.owner = owner
            self.state = state
            self.model = model
        }

        func tensor(_ quantState: BitsAndBytesQuantState) throws(FormatError) -> LogicalTensor {
            guard let shape = Shape(quantState.shape) else {
                throw fault("has a quantization state of shape \(quantState.shape), which has no countable elements")
            }
            let count = shape.elementCount
            guard let codes = model[owner] else { throw fault("has a quantization state, but is not there itself") }
            guard codes.tensor.contentByteCount == count / 2 + count % 2 else {
                throw fault(
                    "has \(codes.tensor.contentByteCount) bytes of codes; \(shape) takes \(count / 2 + count % 2)")
            }
            func groups(_ count: Int, of size: Int) -> Int { count / size + (count % size == 0 ? 0 : 1) }
            let blocks = groups(count, of: quantState.blockSize)
            var parts = [LogicalTensor.Part(role: "codes", tensor: codes.tensor, file: codes.file)]
            parts.append(try part("absmax", quantState.nestedOffset == nil ? .F32 : .U8, blocks))
            if quantState.nestedOffset != nil {
                let count = groups(blocks, of: BitsAndBytesQuantState.nestedBlockSize)
                parts.append(try part("nested_absmax", .F32, count))
                parts.append(try part("nested_quant_map", .F32, 256))
            }
            parts.append(try part("quant_map", .F32, 16))
            parts.append(.init(role: "quant_state", tensor: state.tensor, file: state.file))
            return LogicalTensor(
                name: owner, encoding: .bitsAndBytes(quantState), dtype: quantState.dtype, shape: shape, parts: parts)
        }

        private func part(_ role: String, _ dtype: DType, _ count: Int) throws(FormatError) -> LogicalTensor.Part {
            guard let stored = model["\(owner).\(role)"] ?? model["\(owner).quant_state.\(role)"] else {
                throw fault("is quantized, but '\(owner).\(role)' is not there")
            }
            let found = stored.tensor
            guard found.dtype == dtype, found.shape.elementCount == count else {
                throw fault("needs \(role) as \(dtype) of \(count) elements, found \(found.type) \(found.shape)")
            }
            return LogicalTensor.Part(role: role, tensor: found, file: stored.file)
        }
    }
}
