import Bytes
import Catalog
import Formats
import Transforms

/// What is said of a checkpoint's training as it is registered, checked.
struct TrainingFacts: Sendable {
    /// The whole numbers that its matrices were trained for; nil when nothing is known of such.
    let grid: TrainingGrid?
    /// Whether the grid was said, and not found.
    let isSaid: Bool
    /// Remarks about what was found.
    let notes: [String]

    /// - Parameter quantization: how its tensors are quantized; nil for numbers.
    /// - Throws: `FormatError` for words that are no grid, `RegistryError` for tensors that are quantized already.
    init(_ request: RegisterRequest, _ source: ModelSource, quantization: String?) throws {
        if let text = request.trainingGrid {
            let grid = try TrainingGrid(parsing: text)
            if let quantization {
                throw RegistryError(
                    "\(request.path) is quantized already (\(quantization)), and --qat is of numbers that were trained "
                        + "to be quantized later",
                    remedy: "Leave --qat out: its codes are those of the training")
            }
            self.grid = grid
            isSaid = true
            notes = []
            return
        }
        isSaid = false
        guard quantization == nil else {
            grid = nil
            notes = []
            return
        }
        grid = source.config.flatMap(Self.grid)
        notes =
            grid.map { ["config.json says that it was trained for \($0.text): 'ingot convert' heeds that"] }
            ?? Self.blockNotes(source, request)
    }

    /// The grid of a checkpoint of compressed-tensors whose weights are still numbers: `format: dense`.
    /// Source: compressed-tensors 0.12, `quantization/utils/helpers.py`, `calculate_qparams`.
    private static func grid(_ config: JSONValue) -> TrainingGrid? {
        guard let section = config["quantization_config"], section["format"]?.stringValue == "dense",
            let groups = section["config_groups"]?.objectValue?.members, groups.count == 1,
            let weights = groups.first?.value["weights"], weights["type"]?.stringValue == "int",
            let bits = weights["num_bits"]?.intValue
        else { return nil }
        let symmetry = weights["symmetric"]?.boolValue == false ? "asymmetric" : "symmetric"
        let scale = symmetry == "symmetric" ? "absmax/\(Double(1 << min(max(bits, 1), 8) - 1) / 2)" : ""
        let sharing: String? =
            switch weights["strategy"]?.stringValue {
            case "group": weights["group_size"]?.intValue.map { "group \($0)" }
            case "channel": "channel"
            case "tensor": "tensor"
            default: nil
            }
        guard let sharing else { return nil }
        do { return try TrainingGrid(parsing: "int\(bits) \(symmetry) \(sharing) \(scale)") } catch { return nil }
    }

    /// Google's Gemma checkpoints that were trained for llama.cpp's blocks say so in their names:
    /// `gemma-3-4b-it-qat-q4_0-unquantized`.
    private static func blockNotes(_ source: ModelSource, _ request: RegisterRequest) -> [String] {
        let names = [source.kept?.repository, request.name, request.path].compactMap { $0?.lowercased() }
        guard names.contains(where: { $0.contains("qat-q4_0") }) else { return [] }
        return ["its name says that it was trained for gguf-q4_0: convert it with --to gguf-q4_0"]
    }

    /// What the catalog holds, beside what it held before of the same bytes.
    func fact(besides known: ModelFacts?) -> String? {
        if let grid { return grid.fact }
        return known.flatMap { TrainingGrid(of: $0) }?.fact
    }
}

/// How an artifact was trained elsewhere, as `--params` says it: `temperature=2,alpha=0.5`.
enum TrainingParameters {
    private static let mostBytes = 4096

    /// The recipe that a derivation keeps: one step, called as the kind is made.
    /// - Throws: `RegistryError` for what is no list of names and values.
    static func recipe(_ text: String, kind: ArtifactKind) throws -> String {
        guard text.utf8.count <= mostBytes else {
            throw RegistryError("--params has \(text.utf8.count) bytes", remedy: "Say it in \(mostBytes) at most")
        }
        var parameters = JSONObject()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", maxSplits: 1).map { String($0).trimmingBlanks }
            guard words.count == 2, !words[1].isEmpty, isName(words[0]) else {
                throw RegistryError(
                    "'\(String(part).shortened)' is no parameter",
                    remedy: "Write names and values, with commas between them: temperature=2,alpha=0.5")
            }
            guard parameters[words[0]] == nil else {
                throw RegistryError("the parameter '\(words[0])' is given twice", remedy: "Give it once")
            }
            parameters[words[0]] = value(words[1])
        }
        let step = JSONObject([
            ("parameters", .object(parameters.sorted())), ("rules", .array([])), ("transform", .string(verb(kind))),
        ])
        return JSONValue.object(JSONObject([("steps", .array([.object(step)]))])).text(.compact)
    }

    private static func isName(_ text: String) -> Bool {
        text.first?.isLetter == true
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == 0x5F
            }
    }

    private static func value(_ text: String) -> JSONValue {
        if text == "true" || text == "false" { return .bool(text == "true") }
        guard let number = Double(text), number.isFinite else { return .string(text) }
        return Int(exactly: number).map { .number($0) } ?? .number("\(number)")
    }

    private static func verb(_ kind: ArtifactKind) -> String {
        switch kind {
        case .checkpoint: "train"
        case .quantized: "quantize"
        case .pruned: "prune"
        case .distilled: "distill"
        case .cast: "cast"
        case .merged: "merge"
        case .repacked: "repack"
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
