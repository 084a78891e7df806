import Bytes
import Numbers
import Tensors

/// What an export in another layout was asked for, checked.
struct ExportOptions {
    let format: ExportFormat
    /// The type of every floating-point tensor; nil keeps each tensor's own.
    let type: ElementType?
    /// The dtype of tensors that are quantized; nil when `type` says it, or when there may be none.
    let dequantized: DType?
    let overflow: OverflowPolicy
    /// Files of weights are cut where they would be longer.
    let shardByteCount: Int
    /// Whether the caller chose where files are cut.
    let isShardChosen: Bool
    /// How llama.cpp is to cut text, where the tokenizer's own way is not recognized.
    let preTokenizer: String?

    /// Files of weights above this are cut unless the caller says otherwise; transformers' limit of many years.
    static let usualShardByteCount = 5_000_000_000

    /// What a conversion asks of the layout; the types are its own affair.
    init(format: ExportFormat, dequantized: DType?, shardByteCount: Int, preTokenizer: String?) {
        self.format = format
        type = nil
        self.dequantized = dequantized
        overflow = .fail
        isShardChosen = format != .gguf
        self.shardByteCount = shardByteCount
        self.preTokenizer = preTokenizer
    }

    /// What a rewrite asks of the layout: a folder of safetensors in one piece, which it cuts itself.
    /// - Parameters:
    ///   - type: of every floating-point tensor; nil keeps each tensor's own.
    ///   - dequantized: of tensors that are quantized.
    init(casting type: ElementType?, dequantized: DType, overflow: OverflowPolicy) {
        format = .safetensors
        self.type = type
        self.dequantized = dequantized
        self.overflow = overflow
        shardByteCount = .max
        isShardChosen = true
        preTokenizer = nil
    }

    init(_ request: ExportRequest, format: ExportFormat) throws {
        self.format = format
        type = try request.dtype.map { try Self.type($0, format) }
        dequantized = try request.dequantized.map { try Self.denseDtype($0) }
        overflow = request.overflow
        isShardChosen = request.maxShardBytes != nil
        shardByteCount = request.maxShardBytes ?? (format == .gguf ? .max : Self.usualShardByteCount)
        preTokenizer = request.preTokenizer
        guard shardByteCount > 0 else {
            throw RegistryError("a shard of \(shardByteCount) bytes holds nothing", remedy: "Give a size such as 5GB")
        }
        guard preTokenizer == nil || format == .gguf else {
            throw RegistryError("only GGUF names a pre-tokenizer", remedy: "Leave --pre-tokenizer out")
        }
        guard !isShardChosen || format != .npz else {
            throw RegistryError("an npz archive is one file", remedy: "Leave --max-shard out, or choose safetensors")
        }
    }

    private static func type(_ text: String, _ format: ExportFormat) throws -> ElementType {
        let choices = format == .gguf ? "f32, f16, bf16 or q8_0" : "f32, f16 or bf16"
        guard let type = ElementType(name: text.uppercased()) else {
            throw RegistryError("'\(text)' is no dtype", remedy: "Choose \(choices)")
        }
        let isWritable: Bool =
            switch type {
            case .plain(let dtype): [.F32, .F16, .BF16].contains(dtype)
            case .block(let block): format == .gguf && block == .Q8_0
            }
        guard isWritable else {
            throw RegistryError("\(format.rawValue) is not written with \(type)", remedy: "Choose \(choices)")
        }
        return type
    }

    private static func denseDtype(_ text: String) throws -> DType {
        guard let dtype = DType(rawValue: text.uppercased()), [.F32, .BF16, .F16].contains(dtype) else {
            throw RegistryError("'\(text)' is no dtype to dequantize to", remedy: "Choose f32, bf16 or f16")
        }
        return dtype
    }

    /// As the catalog keeps it.
    var json: String {
        var members: [(String, JSONValue)] = [("overflow", .string(overflow.rawValue))]
        if let type { members.append(("dtype", .string(type.name.lowercased()))) }
        if let dequantized { members.append(("dequantize", .string(dequantized.rawValue.lowercased()))) }
        if isShardChosen { members.append(("max_shard_bytes", .number(shardByteCount))) }
        if let preTokenizer { members.append(("pre_tokenizer", .string(preTokenizer))) }
        return JSONValue.object(JSONObject(members).sorted()).text()
    }
}
