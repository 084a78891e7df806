import Architectures
import Bytes
import Formats
import Numbers
import Tensors

extension ExportPlan {
    /// Adds a text file.
    mutating func add(_ path: String, _ text: String) {
        files.append(File(path: path, content: .made(Array(text.utf8))))
    }

    /// Adds the files with weights, and the index where there are several.
    /// - Parameters:
    ///   - groups: in which of the source's files each tensor was, to keep it so; nil cuts files by their length.
    ///   - metadata: what safetensors files say about themselves.
    mutating func addWeights(
        _ planned: [PlannedTensor], groups: [String: String]?, metadata: [(String, String)]
    ) throws {
        guard options.format == .safetensors else {
            let layout = try NPZLayout(try planned.flatMap(\.parts).map(Self.plain))
            files.append(File(path: "model.npz", layout, of: planned))
            return
        }
        var shards: [(path: String, tensors: [TensorDescription])] = []
        for (path, tensors) in groups.map({ Self.grouped(planned, $0) }) ?? cut(planned) {
            let layout = try SafetensorsLayout(
                tensors: try tensors.flatMap(\.parts).map(Self.plain), metadata: metadata)
            shards.append((path, layout.tensors))
            files.append(File(path: path, layout, of: tensors))
        }
        if groups != nil {
            let emptied = Set(source.weightsPaths).subtracting(shards.map(\.path)).sorted()
            notes += emptied.map { "\($0) is not written: it holds nothing but scales" }
        }
        let index = groups == nil ? nil : source.companions.first { $0.role == "index" && !$0.path.contains("/") }
        if shards.count > 1 || index != nil {
            add(index?.path ?? "model" + SafetensorsIndex.suffix, SafetensorsIndex.text(of: shards))
        }
    }

    private static func plain(_ tensor: PlannedPart) throws -> (name: String, dtype: DType, shape: [Int]) {
        guard let dtype = tensor.type.dtype else {
            throw FormatError(
                .refused, "\(tensor.type) blocks have no place outside of GGUF", tensor: tensor.name,
                remedy: "Ask for numbers with --dtype")
        }
        return (tensor.name, dtype, tensor.shape)
    }

    /// The tensors by the file that each was in.
    private static func grouped(
        _ planned: [PlannedTensor], _ groups: [String: String]
    ) -> [(path: String, tensors: [PlannedTensor])] {
        Dictionary(grouping: planned) { groups[$0.sources.first?.name ?? ""] ?? "model.safetensors" }
            .sorted { $0.key.precedes($1.key) }
            .map { (path: $0.key, tensors: $0.value) }
    }

    /// The tensors in their order, a new shard begun where the next would not fit.
    private func cut(_ planned: [PlannedTensor]) -> [(path: String, tensors: [PlannedTensor])] {
        var shards: [[PlannedTensor]] = [[]]
        var byteCount = 0
        for tensor in planned {
            let next = tensor.parts.reduce(0) { $0 + ($1.type.byteCount(elements: $1.shape.reduce(1, *)) ?? 0) }
            if byteCount > 0, byteCount + next > options.shardByteCount {
                shards.append([])
                byteCount = 0
            }
            shards[shards.count - 1].append(tensor)
            byteCount += next
        }
        return shards.enumerated().map { index, tensors in
            (path: SafetensorsIndex.shardName(index, of: shards.count), tensors: tensors)
        }
    }

    /// Adds what travels besides the weights: the artifact's files as they are, the configuration without a scheme that
    /// the weights no longer have.
    mutating func addCompanions(_ planned: [PlannedTensor]) throws {
        let isDequantized = planned.contains { $0.sources.first?.isQuantized == true }
        for (path, text) in choice.sidecars(planned) { add(path, text) }
        let made = Set(files.map(\.path))
        for file in source.companions where !made.contains(file.path) {
            if file.role == "index", !file.path.contains("/") { continue }
            if isDequantized, QuantizationConfig.sidecarNames.contains(file.path) { continue }
            if file.path == "config.json", let text = try configuration(of: file, planned, isDequantized) {
                add(file.path, text)
            } else {
                files.append(File(path: file.path, content: .copy(file)))
            }
        }
    }

    /// config.json as the new weights need it; nil when it is right as it is.
    private func configuration(
        of file: StoredFile, _ planned: [PlannedTensor], _ isDequantized: Bool
    ) throws -> String? {
        let isQuantized = planned.contains { $0.quantization != nil }
        guard isDequantized || isQuantized || options.type != nil else { return nil }
        let bytes = try source.bytes(of: file)
        var config: JSONValue
        do throws(FormatError) {
            config = try JSONValue(parsing: bytes, dialect: .python)
        } catch { throw error.within(file: file.path) }
        if isDequantized {
            config = QuantizationConfig.removed(from: config)
        }
        if let dtype = options.type?.dtype ?? options.dequantized, var object = config.objectValue {
            for key in ["dtype", "torch_dtype"] where object[key] != nil { object[key] = .string(dtype.pythonName) }
            config = .object(object)
        }
        return try choice.configuration(config, planned).text(.indented) + "\n"
    }
}

extension DType {
    /// What PyTorch calls it, as config.json has it.
    var pythonName: String {
        switch self {
        case .F32: "float32"
        case .F16: "float16"
        case .BF16: "bfloat16"
        case .F64: "float64"
        case .F8_E4M3: "float8_e4m3fn"
        default: rawValue.lowercased()
        }
    }
}
