package import Bytes
import Tensors

extension QuantizeSettings {
    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        self = try Self.settings(parameters: node)
        let family = target.family
        self.rules = try rules.map { node throws(FormatError) in try TensorRule(node, family: family) }
    }

    private static func settings(parameters node: RecipeNode) throws(FormatError) -> Self {
        let members = try node.members([
            "scheme", "block_size", "encoder", "scale_rule", "fallback", "nonfinite", "requantize", "importance",
            "training_grid",
        ])
        guard let scheme = members["scheme"] else { throw node.fault("it has no 'scheme'") }
        let size = try members["block_size"]?.integer()
        let target = try scheme.parsed { name throws(FormatError) in
            try ConversionTarget(named: name, blockSize: size)
        }
        var settings = Self(target: target)
        if let encoder = members["encoder"] { settings.quality = try quality(encoder) }
        settings.scaleRule = try members["scale_rule"]?.word(E8M0Rule.self)
        settings.fallback = try members["fallback"]?.parsed { text throws(FormatError) in
            try Fallback(parsing: text, family: target.family)
        }
        settings.keepsNonfinite = try members["nonfinite"]?.word(Nonfinite.self) == .keep
        settings.requantizes = try members["requantize"]?.bool() ?? false
        settings.trainingGrid = try members["training_grid"]?.parsed { text throws(FormatError) in
            try TrainingGrid(parsing: text)
        }
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
            if text == quality.rawValue || text == Self.encoder(quality) { return quality }
        }
        let known = EncoderQuality.allCases.map(Self.encoder).joined(separator: ", ")
        throw node.fault(
            "this version of Ingot has no encoder '\(text.shortened)'",
            remedy: "Choose one of \(known), or use the version of Ingot that made the recipe")
    }
}
