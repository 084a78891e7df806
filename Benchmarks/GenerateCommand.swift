import ArgumentParser
import Bytes
import Foundation

/// Writes a Llama-shaped model of random weights as a Hugging Face folder.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Write a Llama-shaped folder of random BF16 weights, any size.")

    @Option(help: "How many parameters, such as 500M or 1.2B; the nearest shape is taken.") var parameters: String
    @Option(help: "The same seed gives the same bytes.") var seed: UInt64 = 1
    @Option(help: "The folder to write; it must not exist.") var out: String
    @Option(help: "How many files the weights are split over.") var shards = 1

    func validate() throws {
        guard let count = Self.count(parameters), (1_000_000...20_000_000_000).contains(count) else {
            throw ValidationError("--parameters takes 1M to 20B, got '\(parameters)'.")
        }
        guard (1...999).contains(shards) else { throw ValidationError("--shards takes 1 to 999, got \(shards).") }
    }

    func run() throws {
        let shape = LlamaShape(parameters: Self.count(parameters) ?? 0)
        guard !FileManager.default.fileExists(atPath: out) else {
            throw ValidationError("'\(out)' exists already; name another folder.")
        }
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        let source = WeightSource()
        let elapsed = try Elapsed.of {
            try write(Self.config(shape).text(.indented) + "\n", to: "config.json")
            var places: [(String, JSONValue)] = []
            let parts = Self.split(shape.tensors, into: shards)
            for (index, tensors) in parts.enumerated() {
                let part = parts.count == 1 ? "" : "-\(Self.five(index + 1))-of-\(Self.five(parts.count))"
                let name = "model\(part).safetensors"
                try writeShard(tensors, to: name, from: source)
                places += tensors.map { ($0.name, .string(name)) }
            }
            if parts.count > 1 { try write(Self.index(shape, places), to: "model.safetensors.index.json") }
        }
        let gigabytes = Double(shape.parameters * 2) / 1e9
        print(
            "\(out): \(shape.parameters) parameters, \(shape.layers) layers of \(shape.hidden), "
                + "\(Spread.text(gigabytes, digits: 2)) GB in \(Spread.text(elapsed.wall, digits: 1)) s")
    }

    /// `500M`, `1.2B` or plain digits.
    static func count(_ text: String) -> Int? {
        let factors: [Character: Double] = ["K": 1e3, "M": 1e6, "B": 1e9]
        let factor = text.last.flatMap { factors[Character($0.uppercased())] }
        let digits = factor == nil ? Substring(text) : text.dropLast()
        return Double(digits).flatMap { Int(exactly: ($0 * (factor ?? 1)).rounded()) }
    }

    /// Cuts the list where shares of equal bytes end.
    static func split(_ tensors: [LlamaShape.Tensor], into count: Int) -> [[LlamaShape.Tensor]] {
        let total = tensors.reduce(0) { $0 + $1.byteCount }
        var parts = [[LlamaShape.Tensor]](repeating: [], count: count)
        var done = 0
        for tensor in tensors {
            parts[min(count - 1, (done + tensor.byteCount / 2) * count / total)].append(tensor)
            done += tensor.byteCount
        }
        return parts.filter { !$0.isEmpty }
    }

    private static func five(_ number: Int) -> String {
        String(repeating: "0", count: 5 - String(number).count) + String(number)
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: out).appendingPathComponent(name))
    }

    /// The header as the format page tells it: compact JSON, padded with spaces to a multiple of 8.
    private static func header(_ tensors: [LlamaShape.Tensor]) -> [UInt8] {
        var members: [(String, JSONValue)] = [
            ("__metadata__", .object(JSONObject([("format", .string("pt"))])))
        ]
        var offset = 0
        for tensor in tensors {
            let fields: [(String, JSONValue)] = [
                ("dtype", .string("BF16")), ("shape", .array(tensor.dimensions.map { .number($0) })),
                ("data_offsets", .array([.number(offset), .number(offset + tensor.byteCount)])),
            ]
            members.append((tensor.name, .object(JSONObject(fields))))
            offset += tensor.byteCount
        }
        var json = Array(JSONValue.object(JSONObject(members)).text().utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> ($0 * 8)) } + json
    }

    private func writeShard(_ tensors: [LlamaShape.Tensor], to name: String, from source: WeightSource) throws {
        let url = URL(fileURLWithPath: out).appendingPathComponent(name)
        try Data(Self.header(tensors)).write(to: url)
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }  // everything was written, or the error is under way
        try file.seekToEnd()
        var bytes: [UInt8] = []
        for tensor in tensors {
            let width = tensor.dimensions.last ?? 1
            let rows = tensor.elementCount / width
            let seed = tensor.name.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            let step = max(1, (1 << 19) / width)
            for start in stride(from: 0, to: rows, by: step) {
                source.rows(start..<min(start + step, rows), width: width, seed: seed, into: &bytes)
                try file.write(contentsOf: bytes)
            }
        }
    }

    private static func index(_ shape: LlamaShape, _ places: [(String, JSONValue)]) -> String {
        let metadata = JSONObject([("total_size", .number(shape.parameters * 2))])
        let map = JSONObject(places).sorted()
        return JSONValue.object(JSONObject([("metadata", .object(metadata)), ("weight_map", .object(map))]))
            .text(.indented) + "\n"
    }

    private static func config(_ shape: LlamaShape) -> JSONValue {
        .object(
            JSONObject([
                ("architectures", .array([.string("LlamaForCausalLM")])), ("attention_bias", .bool(false)),
                ("bos_token_id", .number(1)), ("dtype", .string("bfloat16")), ("eos_token_id", .number(2)),
                ("head_dim", .number(LlamaShape.headWidth)), ("hidden_act", .string("silu")),
                ("hidden_size", .number(shape.hidden)), ("intermediate_size", .number(shape.intermediate)),
                ("max_position_embeddings", .number(4096)), ("mlp_bias", .bool(false)),
                ("model_type", .string("llama")), ("num_attention_heads", .number(shape.heads)),
                ("num_hidden_layers", .number(shape.layers)), ("num_key_value_heads", .number(shape.keyValueHeads)),
                ("rms_norm_eps", .number("1e-05")), ("rope_theta", .number("10000.0")),
                ("tie_word_embeddings", .bool(true)), ("vocab_size", .number(LlamaShape.vocabulary)),
            ]))
    }
}
