import Bytes
import Numbers
import Tensors

/// How the experts of gpt-oss are held: F4 codes with an E8M0 scale for 32, `w = value * 2^(scale - 127)`, in BF16.
struct GPTOSSState: QuantizedEncoding {
    var scheme: String { LogicalTensor.gptOSSScheme }
    var bits: Int { 4 }
    var groupSize: Int? { 32 }
    var summary: String { "MXFP4 4-bit, group 32 (gpt-oss)" }
}

extension LogicalTensor {
    /// The id of the scheme of gpt-oss' experts.
    package static let gptOSSScheme = "hf-mxfp4"
}

/// Finds the experts of gpt-oss. For X (`….mlp.experts.gate_up_proj`, `….mlp.experts.down_proj`):
///
/// | tensor | dtype, shape |
/// | --- | --- |
/// | `X_blocks` | U8 [experts, out, in ÷ 32, 16]: two codes a byte, the first one in the low half |
/// | `X_scales` | U8 [experts, out, in ÷ 32] |
///
/// The logical tensor is X of [experts, out, in]. transformers holds the dense parameter transposed: [experts, in,
/// out]. Source: transformers 5.23.0, `integrations/mxfp4.py`, `convert_moe_packed_tensors`.
enum GPTOSSTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        try model.free(.blocks).compactMap { blocks in
            let name = String(blocks.tensor.name.dropLast("_blocks".count))
            let stored = blocks.tensor.shape.dimensions
            guard model[name + "_scales"] != nil, blocks.tensor.dtype == .U8, stored.count >= 3, stored.last == 16
            else { return nil }
            do {
                let scales = try model.part("scales", name + "_scales", [.U8], stored.dropLast())
                let inputs = stored[stored.count - 2].multipliedReportingOverflow(by: 32)
                guard !inputs.overflow, blocks.tensor.shape.elementCount > 0,
                    let shape = Shape(stored.dropLast(2) + [inputs.partialValue])
                else { throw FormatError.quantized("has blocks of shape \(blocks.tensor.shape)") }
                let codes = LogicalTensor.Part(role: "codes", tensor: blocks.tensor, file: blocks.file)
                let tensor = LogicalTensor(
                    name: name, encoding: .gptOSS, dtype: .BF16, shape: shape, parts: [codes, scales])
                try model.take(tensor)
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
    }
}
