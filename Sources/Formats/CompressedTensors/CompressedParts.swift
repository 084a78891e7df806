import Bytes
import Numbers
import Tensors

/// One module's tensors, as compressed-tensors stores them.
struct CompressedParts {
    let module: String
    let codes: FiledTensor
    let config: QuantizationConfig

    init(_ module: String, codes: FiledTensor, _ config: QuantizationConfig) {
        self.module = module
        self.codes = codes
        self.config = config
    }

    var principal: LogicalTensor.Part {
        LogicalTensor.Part(role: "codes", tensor: codes.tensor, file: codes.file)
    }

    var announced: CompressedTensorsConfig {
        get throws {
            try CompressedTensorsConfig(config.method == .compressedTensors ? config.object : nil)
        }
    }

    func logical(
        _ state: CompressedTensorsState, _ dtype: DType, _ shape: Shape, _ parts: [LogicalTensor.Part],
        in model: StoredTensors
    ) -> LogicalTensor {
        let names = ["input_scale", "input_zero_point", "input_global_scale", "output_scale"]
        return LogicalTensor(
            name: module + ".weight", encoding: .compressedTensors(state), dtype: dtype, shape: shape,
            parts: parts + model.extras(names.map { (role: $0, name: "\(module).\($0)") }))
    }

    func granularity(
        _ scale: LogicalTensor.Part, _ shape: Shape, _ config: CompressedTensorsConfig
    ) throws -> ScaleGranularity {
        let found = ([nil] + config.groups.compactMap(\.block)).reversed().lazy.compactMap { block in
            ScaleGranularity(scales: scale.tensor.shape.dimensions, matrix: shape.dimensions, block: block)
        }
        guard let granularity = found.first else {
            throw FormatError.quantized("has weights \(shape) and scales \(scale.tensor.shape), which do not fit")
        }
        return granularity
    }

    var described: String { "\(codes.tensor.name) \(codes.tensor.type) \(codes.tensor.shape)" }
}

// MARK: Bytes and small floats

extension CompressedParts {
    /// `weight` of one byte an element.
    func elements(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let shape = codes.tensor.shape
        guard shape.dimensions.count >= 2, shape.elementCount > 0 else {
            throw FormatError.quantized("has a scale, and weights of shape \(shape), which are no matrix")
        }
        let isFloat = codes.tensor.dtype != .I8
        let scale = try model.part("scale", module + ".weight_scale", QWeightTensors.scaleTypes + [.U8])
        let granularity = try granularity(scale, shape, announced)
        var parts = [principal, scale]
        let name = module + ".weight_zero_point"
        let hasZeroPoint = !isFloat && model[name] != nil
        if hasZeroPoint { parts.append(try model.part("zero_point", name, [.I8], scale.tensor.shape.dimensions)) }
        let layout: CompressedTensorsState.Layout
        if scale.dtype == .U8 {
            guard codes.tensor.dtype == .F8_E4M3, granularity == .group(32) else {
                throw FormatError.quantized("has weights \(described), and U8 scales \(scale.tensor.shape)")
            }
            layout = .mxfp8
        } else {
            layout = isFloat ? .floats(principal.dtype) : .integers(bits: announced.integerBits?.first ?? 8)
        }
        let state = CompressedTensorsState(
            layout: layout, granularity: granularity, isSymmetric: !hasZeroPoint, hasActOrder: false)
        try announced.check(state, described)
        return logical(state, layout == .mxfp8 ? .BF16 : scale.dtype, shape, parts, in: model)
    }

    /// `weight_packed` of two F4 codes a byte.
    func floats(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let bytes = codes.tensor.shape.dimensions
        let scale = try model.part("scale", module + ".weight_scale", [.F8_E4M3, .U8])
        let isMX = scale.dtype == .U8, size = isMX ? 32 : 16
        guard bytes.count >= 2, let byteCount = bytes.last, codes.tensor.shape.elementCount > 0,
            case let (inputs, overflow) = byteCount.multipliedReportingOverflow(by: 2), !overflow,
            let shape = Shape(bytes.dropLast() + [inputs])
        else { throw FormatError.quantized("has packed weights of shape \(codes.tensor.shape)") }
        let groups = scale.tensor.shape.dimensions
        if isMX, Array(groups.dropLast()) == Array(bytes.dropLast()), let count = groups.last, count == byteCount / 24 {
            model.notes.add("the layout 'mxfp6-pack-quantized' is not read; stays as stored", tensor: module)
            return nil
        }
        guard inputs % size == 0, groups == Array(bytes.dropLast()) + [inputs / size] else {
            throw FormatError.quantized("has packed weights of \(shape), and \(scale.tensor.type) scales \(groups)")
        }
        var parts = [principal, scale]
        if !isMX {
            let global = try model.part("global_scale", module + ".weight_global_scale", [.F32])
            guard global.tensor.shape.elementCount == 1 else {
                throw FormatError.quantized("has a global scale of shape \(global.tensor.shape), not one number")
            }
            parts.append(global)
        }
        let state = CompressedTensorsState(
            layout: isMX ? .mxfp4 : .nvfp4, granularity: .group(size), isSymmetric: true, hasActOrder: false)
        try announced.check(state, described)
        return logical(state, .BF16, shape, parts, in: model)
    }
}
