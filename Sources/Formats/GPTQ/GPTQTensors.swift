import Bytes
import Numbers
import Tensors

/// Reads the shapes of a GPTQ matrix `P` of I inputs, O outputs, b bits and G groups:
///
/// | tensor | dtype, shape |
/// | --- | --- |
/// | `P.qweight` | I32 [I × b ÷ 32, O]: of each column one stream of codes, the low bits of each word first |
/// | `P.qzeros` | I32 [G, O × b ÷ 32]: of each row one stream of zero points |
/// | `P.scales` | F16 [G, O] |
/// | `P.g_idx` | I32 [I]: the group of each input; may be absent when groups follow one another |
///
/// Source: GPTQModel 7, `nn_modules/qlinear/__init__.py`; AutoGPTQ 0.7.1, `nn_modules/qlinear/qlinear_cuda.py`.
enum GPTQTensors {
    static func tensor(
        of module: String, _ stored: FiledTensor, in model: inout StoredTensors, _ config: GPTQConfig
    ) throws -> LogicalTensor {
        let codes = stored.tensor
        let zeros = try model.part("zeros", module + ".qzeros", [.I32])
        let scales = try model.part("scales", module + ".scales", QWeightTensors.scaleTypes)
        let (groups, outputs) = (scales.tensor.shape.dimensions[0], scales.tensor.shape.dimensions[1])
        let words = zeros.tensor.shape.dimensions
        guard words.count == 2, words[0] == groups else {
            throw FormatError.quantized("has qzeros \(zeros.tensor.shape) and scales \(scales.tensor.shape)")
        }
        let bits = QWeightTensors.gptqBits.first {
            outputs / 32 * $0 + outputs % 32 * $0 / 32 == words[1] && outputs % 32 * $0 % 32 == 0
        }
        guard let bits else {
            throw FormatError.quantized(
                "has qzeros \(zeros.tensor.shape) for \(outputs) outputs, which is no whole number of words of "
                    + "2, 3, 4 or 8 bits")
        }
        let (bitCount, overflow) = codes.shape.dimensions[0].multipliedReportingOverflow(by: 32)
        guard !overflow, bitCount % bits == 0, let shape = Shape([outputs, bitCount / bits]) else {
            throw FormatError.quantized("has qweight \(codes.shape), which is no whole number of codes of \(bits) bits")
        }
        let inputs = bitCount / bits
        if let announced = config.bits, announced != bits, !config.hasDynamicRules {
            throw FormatError.disagreement(
                "the configuration says \(announced) bits, but qweight \(codes.shape) and qzeros "
                    + "\(zeros.tensor.shape) hold \(bits)")
        }
        var parts = [LogicalTensor.Part(role: "codes", tensor: codes, file: stored.file), zeros, scales]
        var groupIndex: [Int]?
        if let index = model[module + ".g_idx"] {
            parts.append(try model.part("g_idx", module + ".g_idx", [.I32], [inputs]))
            groupIndex = try checkedIndex(index, in: model, groups: groups)
        }
        let size = try groupSize(inputs, groups, config, groupIndex)
        let hasActOrder = groupIndex.map { $0.enumerated().contains { $1 != $0 / (size ?? inputs) } }
        let state = GPTQState(
            bits: bits, groupSize: size, version: config.version ?? .v1,
            isSymmetric: config.hasDynamicRules ? nil : config.isSymmetric, hasActOrder: hasActOrder ?? false)
        return LogicalTensor(
            name: module + ".weight", encoding: .gptq(state), dtype: .F32, shape: shape, parts: parts)
    }

    /// The group of each input, each of them one that there is.
    private static func checkedIndex(
        _ tensor: FiledTensor, in model: StoredTensors, groups: Int
    ) throws -> [Int] {
        let index = try model.integers(of: tensor)
        if let place = index.firstIndex(where: { !(0..<groups).contains($0) }) {
            throw FormatError.quantized(
                "has group \(index[place]) for input \(place) in g_idx, and \(groups) groups",
                at: StoredTensors.byteOffset(of: place, in: tensor.tensor))
        }
        return index
    }

    /// The inputs that share a scale; nil when all do.
    private static func groupSize(
        _ inputs: Int, _ groups: Int, _ config: GPTQConfig, _ index: [Int]?
    ) throws -> Int? {
        if let announced = config.groupSize {
            let size = announced == -1 ? inputs : announced
            if ScaleGranularity.count(inputs, of: size) == groups { return announced == -1 ? nil : size }
            guard config.hasDynamicRules else {
                throw FormatError.disagreement(
                    "the configuration says groups of \(announced), but \(inputs) inputs have \(groups) groups")
            }
        }
        if groups == 1 { return nil }
        if inputs % groups == 0 { return inputs / groups }
        // The last group is short: the first one tells how long the others are.
        let size = index?.firstIndex { $0 != 0 } ?? 0
        guard size > 0, ScaleGranularity.count(inputs, of: size) == groups else {
            throw FormatError.quantized("has \(inputs) inputs in \(groups) groups, and nothing tells their size")
        }
        return size
    }
}
