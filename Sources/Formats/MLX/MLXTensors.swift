import Bytes
import Numbers
import Tensors

/// Finds the matrices that MLX quantized:
///
/// | tensor | dtype, shape |
/// | --- | --- |
/// | `P.weight` | U32 [out, in × bits ÷ 32]: of each row one stream of codes, the low bits of each word first |
/// | `P.scales` | affine: F32, F16 or BF16 [out, in ÷ group]; else U8 |
/// | `P.biases` | affine: as the scales |
///
/// Stacks of matrices have a further first dimension. The configuration's `quantization` tells bits and group size, and
/// has members named by module for those that differ. Shapes give the product of the two, which settles them in the
/// floating-point modes, and sometimes in the affine one.
///
/// Source: mlx 0.32.4, `python/mlx/nn/layers/quantized.py` and `mlx/ops.cpp`, `quantize`; mlx-lm, `utils.py`.
enum MLXTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        try model.free(.groupScales).compactMap { scales in
            let module = String(scales.tensor.name.dropLast(".scales".count)), name = module + ".weight"
            guard let codes = model[name], codes.tensor.dtype == .U32, !model.isTaken(name) else { return nil }
            do {
                let tensor = try tensor(module, codes, scales, in: &model, config)
                if let tensor { try model.take(tensor) }
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
    }

    private static func tensor(
        _ module: String, _ codes: FiledTensor, _ scales: FiledTensor, in model: inout StoredTensors,
        _ config: QuantizationConfig
    ) throws -> LogicalTensor? {
        let words = codes.tensor.shape.dimensions, groups = scales.tensor.shape.dimensions
        guard words.count >= 2, words.count == groups.count, words.dropLast() == groups.dropLast(),
            let wordCount = words.last, let groupCount = groups.last, codes.tensor.shape.elementCount > 0,
            groupCount > 0
        else {
            throw FormatError.quantized("has words of shape \(codes.tensor.shape), scales \(scales.tensor.shape)")
        }
        let (bitCount, overflow) = wordCount.multipliedReportingOverflow(by: 32)
        // The bits of a group: its size times the bits of a code.
        guard !overflow, bitCount % groupCount == 0, case let groupBits = bitCount / groupCount else {
            throw FormatError.quantized("has \(wordCount) words a row in \(groupCount) groups")
        }
        let isAffine = model[module + ".biases"] != nil
        guard let state = try state(module, groupBits, isAffine: isAffine, scales.tensor, in: config) else {
            model.notes.add(
                "nothing tells the bits of this MLX matrix, whose groups have \(groupBits); stays as stored",
                tensor: module)
            return nil
        }
        guard let shape = Shape(words.dropLast() + [groupCount * state.columnsPerGroup]) else {
            throw FormatError.quantized("has words of shape \(codes.tensor.shape), which are not countable")
        }
        var parts = [LogicalTensor.Part(role: "codes", tensor: codes.tensor, file: codes.file)]
        let types: [DType] = isAffine ? QWeightTensors.scaleTypes : [.U8]
        parts.append(try model.part("scales", module + ".scales", types, groups))
        if isAffine { parts.append(try model.part("biases", module + ".biases", [parts[1].dtype], groups)) }
        return LogicalTensor(
            name: module + ".weight", encoding: .mlx(state), dtype: isAffine ? parts[1].dtype : .BF16,
            shape: shape, parts: parts)
    }

    /// Mode, bits and group size; nil when nothing tells them.
    private static func state(
        _ module: String, _ groupBits: Int, isAffine: Bool, _ scales: TensorDescription,
        in config: QuantizationConfig
    ) throws -> MLXState? {
        guard config.method == .mlx else {
            let modes = isAffine ? [] : MLXState.Mode.allCases.compactMap { mode in mode.fixed.map { (mode, $0) } }
            let affine = isAffine ? MLXState.affine.map { (MLXState.Mode.affine, $0) } : []
            let fitting = (modes + affine).filter { $1.bits * $1.groupSize == groupBits }
            guard fitting.count == 1, let (mode, found) = fitting.first else { return nil }
            return MLXState(mode: mode, bits: found.bits, columnsPerGroup: found.groupSize)
        }
        let rule = config.object?[module].flatMap { $0.objectValue == nil ? nil : $0 }
        let name = (rule?["mode"] ?? (rule == nil ? config.object?["mode"] : nil))?.stringValue
        guard let mode = name.map(MLXState.Mode.init) ?? .affine else {
            throw FormatError.disagreement("the configuration says mode '\(name ?? "")', which is not known")
        }
        let ownBits = try QuantizationConfig.integer("bits", in: rule)
        let ownSize = try QuantizationConfig.groupSize("group_size", in: rule)
        let bits = try ownBits ?? mode.fixed?.bits ?? QuantizationConfig.integer("bits", in: config.object) ?? 4
        let size =
            try ownSize ?? mode.fixed?.groupSize ?? QuantizationConfig.groupSize("group_size", in: config.object) ?? 64
        let known = mode.fixed.map { [$0] } ?? MLXState.affine
        guard known.contains(where: { $0 == (bits, size) }), bits * size == groupBits, (mode == .affine) == isAffine
        else {
            throw FormatError.disagreement(
                "the configuration says \(mode.rawValue), \(bits) bits in groups of \(size), but a group has "
                    + "\(groupBits) bits of codes, scales of \(scales.type), and \(isAffine ? "" : "no ")biases")
        }
        return MLXState(mode: mode, bits: bits, columnsPerGroup: size)
    }
}
