package import Bytes
import Tensors

/// A recipe in a file of its own, in YAML or JSON, as `schemas/recipe.schema.json` says.
package struct RecipeFile: Equatable, Sendable {
    package let name: String?
    package let description: String?
    package let settings: QuantizeSettings

    package init(name: String?, description: String?, settings: QuantizeSettings) {
        self.name = name
        self.description = description
        self.settings = settings
    }

    /// Rules beyond this would say tensors one by one.
    static let mostRules = 10_000

    /// - Parameters:
    ///   - text: the file.
    ///   - file: its name, for messages.
    /// - Throws: `FormatError` that names file, line and key.
    package init(parsing text: [UInt8], file: String) throws(FormatError) {
        let root = try YAMLDocument(parsing: text, file: file).root
        let members = try root.members(["name", "description", "steps"])
        name = try members["name"]?.text()
        description = try members["description"]?.text()
        guard let steps = members["steps"] else { throw root.fault("it has no 'steps'") }
        let list = try steps.items(atMost: 16)
        guard list.count == 1 else {
            throw steps.fault(
                "\(list.count) steps; a recipe has one", remedy: "Make a recipe of each, and convert twice")
        }
        settings = try Self.settings(list[0])
    }

    private static func settings(_ step: RecipeNode) throws(FormatError) -> QuantizeSettings {
        let members = try step.members(["transform", "parameters", "rules"])
        guard let transform = members["transform"] else { throw step.fault("it has no 'transform'") }
        guard try transform.text() == "quantize" else {
            throw transform.fault("'\(try transform.text().shortened)' is no step", remedy: "Known is quantize")
        }
        guard let parameters = members["parameters"] else { throw step.fault("it has no 'parameters'") }
        var settings = try settings(parameters: parameters)
        settings.rules = try (members["rules"]?.items(atMost: mostRules) ?? []).map { node throws(FormatError) in
            try rule(node, family: settings.target.family)
        }
        return settings
    }

    private static func settings(parameters node: RecipeNode) throws(FormatError) -> QuantizeSettings {
        let members = try node.members([
            "scheme", "block_size", "encoder", "scale_rule", "fallback", "nonfinite", "requantize", "importance",
        ])
        guard let scheme = members["scheme"] else { throw node.fault("it has no 'scheme'") }
        let size = try members["block_size"]?.integer()
        let target = try scheme.parsed { name throws(FormatError) in
            try ConversionTarget(named: name, blockSize: size)
        }
        var settings = QuantizeSettings(target: target)
        if let encoder = members["encoder"] { settings.quality = try quality(encoder) }
        settings.scaleRule = try members["scale_rule"]?.word(E8M0Rule.self)
        settings.fallback = try members["fallback"]?.parsed { text throws(FormatError) in
            try Fallback(parsing: text, family: target.family)
        }
        settings.keepsNonfinite = try members["nonfinite"]?.word(Nonfinite.self) == .keep
        settings.requantizes = try members["requantize"]?.bool() ?? false
        settings.importance = try members["importance"]?.parsed { text throws(FormatError) in
            guard let digest = Digest(hex: text) else {
                throw FormatError(
                    .refused, "'\(text.shortened)' is no digest", remedy: "Write the 64 hexadecimal digits of SHA-256")
            }
            return digest
        }
        return settings
    }

    private enum Nonfinite: String, CaseIterable { case keep, refuse }

    private static func quality(_ node: RecipeNode) throws(FormatError) -> EncoderQuality {
        let text = try node.text()
        for quality in EncoderQuality.allCases {
            if text == quality.rawValue || text == QuantizeSettings.encoder(quality) { return quality }
        }
        let known = EncoderQuality.allCases.map(QuantizeSettings.encoder).joined(separator: ", ")
        throw node.fault(
            "this version of Ingot has no encoder '\(text.shortened)'",
            remedy: "Choose one of \(known), or use the version of Ingot that made the recipe")
    }

    private static func rule(_ node: RecipeNode, family: TensorScheme.Family) throws(FormatError) -> TensorRule {
        let members = try node.members(["name", "pattern", "role", "layers", "size", "action", "optional"])
        guard let action = members["action"] else { throw node.fault("it has no 'action'") }
        let selector = TensorSelector(
            name: try members["name"]?.text(), pattern: try members["pattern"]?.text(),
            part: try members["role"]?.word(RulePart.self),
            layers: try members["layers"]?.parsed { text throws(FormatError) in try LayerRange(parsing: text) },
            size: try members["size"]?.parsed { text throws(FormatError) in try SizeBound(parsing: text) })
        guard selector != TensorSelector() else {
            throw node.fault("it names no tensors", remedy: "Give it a name, pattern, role, layers or size")
        }
        let meant = try action.parsed { text throws(FormatError) in
            try TensorRule.Action(parsing: text, family: family)
        }
        let isOptional = try members["optional"]?.bool() ?? false
        return try (members["pattern"] ?? node).caught { () throws(FormatError) in
            try TensorRule(selector, meant, isOptional: isOptional)
        }
    }
}

extension RecipeNode {
    /// What `make` makes, its error said to be here.
    fileprivate func caught<Value>(_ make: () throws(FormatError) -> Value) throws(FormatError) -> Value {
        do { return try make() } catch { throw fault(error.problem, remedy: error.remedy) }
    }
}
