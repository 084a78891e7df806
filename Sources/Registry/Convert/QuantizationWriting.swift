import Bytes
import Formats
import Numbers
import Transforms

/// What the files beside the weights say of a variant's quantization, as the scheme's own programs read it.
struct QuantizationWriting {
    let family: TensorScheme.Family
    let planned: [PlannedTensor]
    let computeDtype: DType

    /// The quantized modules by their paths, with their schemes.
    private var schemes: [(path: String, scheme: TensorScheme)] {
        planned.compactMap { tensor in
            tensor.quantization.map { (Self.module(of: tensor.name), $0.scheme) }
        }
    }

    private static func module(of name: String) -> String {
        name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    }

    /// The linear modules that stay dense; the output head in any case, also when it is tied and has no tensor.
    let dense: [String]

    /// - Parameter dense: the linear modules that stay dense, by their paths.
    init(family: TensorScheme.Family, planned: [PlannedTensor], dense: [String], computeDtype: DType) {
        self.family = family
        self.planned = planned
        self.dense = dense
        self.computeDtype = computeDtype
    }

    private func modules<State: Hashable>(_ state: (TensorScheme) -> State?) -> QuantizedModules<State> {
        QuantizedModules(
            modules: schemes.compactMap { path, scheme in state(scheme).map { (path, $0) } }, dense: dense)
    }

    /// The members of config.json.
    func members() throws(FormatError) -> JSONObject {
        let key = "quantization_config"
        switch family {
        case .gguf: return JSONObject()
        case .bitsAndBytes: return JSONObject([(key, try bitsAndBytes())])
        case .mlx:
            return MLXState.configuration(of: modules { if case .mlx(let state) = $0 { state } else { nil } })
        case .gptq: return JSONObject([(key, .object(gptq))])
        case .awq:
            let modules = modules { if case .awq(let state) = $0 { state } else { nil } }
            return JSONObject([(key, try Self.single(AWQState.configuration(of: modules), "AWQ"))])
        case .compressedTensors:
            let modules = modules { if case .compressedTensors(let state) = $0 { state } else { nil } }
            return JSONObject([(key, .object(CompressedTensorsState.configuration(of: modules)))])
        case .fp8:
            let modules = modules { if case .scaledFloat(let state) = $0 { state } else { nil } }
            return JSONObject([(key, try Self.single(ScaledFloatState.configuration(of: modules), "FP8"))])
        }
    }

    private var gptq: JSONObject {
        GPTQState.configuration(
            of: modules { if case .gptq(let state) = $0 { state } else { nil } },
            quantizer: "ingot:" + ModelRegistry.version)
    }

    /// Files beside config.json that say the same.
    var sidecars: [(path: String, text: String)] {
        family == .gptq ? [("quantize_config.json", JSONValue.object(gptq).text(.indented) + "\n")] : []
    }

    private func bitsAndBytes() throws(FormatError) -> JSONValue {
        let schemes = Set(schemes.map(\.scheme))
        let fourBit = Set(
            schemes.compactMap { scheme -> FourBitScheme? in if case .fourBit(let form) = scheme { form } else { nil } }
        )
        if fourBit.isEmpty { return BitsAndBytesInt8Config(skippedModules: dense).json }
        let types = Set(fourBit.map { "\($0.type.rawValue)\($0.isNested)" })
        guard types.count == 1, fourBit.count == schemes.count, let first = fourBit.first else {
            throw FormatError(
                .refused,
                "bitsandbytes loads one scheme a model, not \(schemes.map(\.id).sorted().joined(separator: ", "))",
                remedy: "Leave the rules with another scheme out, or choose a family that mixes them")
        }
        return BitsAndBytesConfig(
            type: first.type, isNested: first.isNested, computeDtype: computeDtype, skippedModules: dense
        ).json
    }

    private static func single(_ object: JSONObject?, _ name: String) throws(FormatError) -> JSONValue {
        guard let object else {
            throw FormatError(
                .refused, "loaders of \(name) know one layout a model, and the rules ask for several",
                remedy: "Leave the rules with another scheme out, or choose a family that mixes them")
        }
        return .object(object)
    }
}
