package import Bytes

/// A family of models as data: how its modules are called, and which part each plays.
///
/// A file in `Families/` holds one. A pattern is the end of a module's path, where `*` stands for a number:
/// `layers.*.mlp.up_proj` finds `model.layers.3.mlp.up_proj`, whatever stands before it.
package struct ModelFamily: Sendable {
    /// The family's name.
    package let name: String
    /// The values of `model_type` in config.json that belong to it.
    package let modelTypes: [String]
    /// The output matrix's module. It may have no tensor of its own, when the embedding serves as such.
    package let outputHead: String?
    /// How GGUF writes its models; nil when GGUF has no architecture for it.
    let gguf: GGUFConvention?
    /// The experts that MLX holds as one tensor.
    package let expertStacks: ExpertStacks
    /// What is cut together, beside what the tensors' sizes say.
    let axisRules: AxisRules
    private let layer: ModulePattern
    /// Patterns by the last part of the path.
    private let patterns: [String: [(pattern: ModulePattern, role: TensorRole)]]

    /// Reads one of the files in `Families/`.
    package init(parsing json: [UInt8]) throws(FormatError) {
        let value = try JSONValue(parsing: json)
        func fault(_ problem: String) -> FormatError {
            FormatError(.corrupt, problem, remedy: "Compare it with the other files in Families")
        }
        guard let name = value["name"]?.stringValue, let types = value["model_types"]?.arrayValue,
            let layer = value["layer"]?.stringValue, let modules = value["modules"]?.objectValue
        else { throw fault("a family needs name, model_types, layer and modules") }
        self.name = name
        self.layer = ModulePattern(layer)
        modelTypes = types.compactMap(\.stringValue)
        gguf = try value["gguf"].map { section throws(FormatError) in try GGUFConvention(parsing: section) }
        expertStacks = try ExpertStacks(parsing: value["mlx"])
        axisRules = try AxisRules(parsing: value["axes"])
        outputHead = modules["output_head"]?.arrayValue?.first?.stringValue
        var patterns: [String: [(pattern: ModulePattern, role: TensorRole)]] = [:]
        for (key, list) in modules.members {
            guard let role = TensorRole(rawValue: key), let list = list.arrayValue else {
                throw fault("'\(key)' is no role with a list of modules")
            }
            for pattern in list.compactMap(\.stringValue).map(ModulePattern.init) {
                patterns[pattern.lastPart, default: []].append((pattern, role))
            }
        }
        self.patterns = patterns
    }

    /// The part that the tensor of this name plays.
    package func role(of tensorName: String) -> TensorRole {
        let parts = tensorName.split(separator: ".", omittingEmptySubsequences: false)
        if let role = role(ofModule: parts[...]), role == .stackedExpert { return role }
        guard let role = role(ofModule: parts.dropLast()), let parameter = parts.last else { return .other }
        if role == .norm { return role }
        switch parameter {
        case "weight": return role
        case "bias": return .bias
        default: return .other
        }
    }

    /// The number of the layer that the tensor belongs to; nil for what stands before or behind the layers.
    package func layerNumber(of tensorName: String) -> Int? {
        let parts = tensorName.split(separator: ".", omittingEmptySubsequences: false)
        for end in parts.indices where layer.ends(parts[...end]) { return Int(parts[end]) }
        return nil
    }

    private func role(ofModule parts: ArraySlice<Substring>) -> TensorRole? {
        guard let last = parts.last else { return nil }
        return patterns[String(last)]?.first { $0.pattern.ends(parts) }?.role
    }
}

/// The end of a module's path, with `*` for a number.
private struct ModulePattern: Sendable {
    private let parts: [Substring]

    init(_ text: String) { parts = text.split(separator: ".") }

    var lastPart: String { parts.last.map(String.init) ?? "" }

    /// Whether `path` ends with this pattern.
    func ends(_ path: ArraySlice<Substring>) -> Bool {
        guard path.count >= parts.count else { return false }
        return zip(path.suffix(parts.count), parts).allSatisfy { part, pattern in
            pattern == "*" ? !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } : part == pattern
        }
    }
}
