import Bytes
import Numbers
import Tensors

/// LLM.int8() of bitsandbytes: `w = q * SCB * (1 / 127)`, two products in float32.
struct BitsAndBytesInt8State: QuantizedEncoding {
    var scheme: String { "bnb-int8" }
    var bits: Int { 8 }
    var groupSize: Int? { nil }
    var summary: String { "bitsandbytes LLM.int8(), 8-bit, one scale a row" }
}

/// Finds the matrices that bitsandbytes quantized to 8 bits:
///
/// | tensor | dtype, shape |
/// | --- | --- |
/// | `P.weight` | I8 [out, in] |
/// | `P.SCB` | F32 [out]: the greatest magnitude of each row |
/// | `P.weight_format` | U8, one element, 0: row after row; may be absent |
///
/// Source: bitsandbytes 0.50.2, `nn/modules.py`, `Linear8bitLt`, and `functional.py`, `int8_vectorwise_dequant`.
enum BitsAndBytesInt8Tensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        try model.free(.rowScales).compactMap { scales in
            let module = String(scales.tensor.name.dropLast(".SCB".count)), name = module + ".weight"
            // Of a single shard the codes may be in another one.
            guard model[name] != nil || config.method == .bitsAndBytes else { return nil }
            do {
                let tensor = try tensor(module, name, in: &model)
                if let tensor { try model.take(tensor) }
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
    }

    private static func tensor(
        _ module: String, _ name: String, in model: inout StoredTensors
    ) throws -> LogicalTensor? {
        let codes = try model.part("codes", name, [.I8])
        guard codes.tensor.shape.dimensions.count == 2, codes.tensor.shape.elementCount > 0 else {
            throw FormatError.quantized("has SCB, and codes of shape \(codes.tensor.shape), which is no matrix")
        }
        let rows = codes.tensor.shape.dimensions[0]
        var parts = [codes, try model.part("SCB", module + ".SCB", [.F32], [rows])]
        if let format = model[module + ".weight_format"] {
            parts += model.extras([(role: "weight_format", name: module + ".weight_format")])
            guard format.tensor.contentByteCount == 1 else {
                throw FormatError.quantized("has a weight_format of \(format.tensor.contentByteCount) bytes, not 1")
            }
            if try model.bytes(of: format) != [0] {
                model.notes.add("its codes are in the order of a GPU, which is not read; stays as stored", tensor: name)
                return nil
            }
        }
        return LogicalTensor(
            name: name, encoding: .bitsAndBytesInt8, dtype: .F32, shape: codes.tensor.shape, parts: parts)
    }
}
