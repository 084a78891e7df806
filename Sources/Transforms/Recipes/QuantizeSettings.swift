package import Bytes
package import Tensors

/// A step that quantizes, with all that decides about its bytes.
package struct QuantizeSettings: StepSettings {
    package static let transform = "quantize"
    /// The scheme of the tensors that no rule speaks of.
    package var target: ConversionTarget
    /// Which bytes the encoders make.
    package var quality = EncoderQuality.reference
    /// By which rule E8M0 scales are made; nil for the scheme's own.
    package var scaleRule: E8M0Rule?
    /// Whether tensors with NaN or infinities stay as they are; else they are refused.
    package var keepsNonfinite = false
    /// Whether a source that is quantized already may be quantized again.
    package var requantizes = false
    /// The digest of the importance matrix that was used.
    package var importance: Digest?
    /// What becomes of rows that are too short for their blocks; nil for the scheme's own way.
    package var fallback: Fallback?
    /// The whole numbers that the source was trained for, which its codes then are, where the scheme holds them.
    package var trainingGrid: TrainingGrid?
    package var rules: [TensorRule] = []

    package init(target: ConversionTarget) { self.target = target }

    /// What becomes of rows that are too short: said by the recipe, llama.cpp's way for its mixtures, else refused.
    package var effectiveFallback: Fallback {
        if let fallback { return fallback }
        if case .mixture = target { return .llamaCpp }
        return .refuse
    }

    /// The encoder as recipes spell it, with the version within which its bytes never change: `reference-1`.
    package static func encoder(_ quality: EncoderQuality) -> String { "\(quality.rawValue)-1" }

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.quantize(self)]) }

    package var parameters: JSONObject {
        var parameters = JSONObject()
        if case .scheme(.fourBit(let scheme)) = target {
            // The size of blocks stands apart, as it did before other families had one.
            let usual = FourBitScheme(type: scheme.type, isNested: scheme.isNested)
            parameters["scheme"] = .string(usual.id)
            parameters["block_size"] = .number(scheme.blockSize)
        } else {
            parameters["scheme"] = .string(target.id)
        }
        parameters["encoder"] = .string(Self.encoder(quality))
        if keepsNonfinite { parameters["nonfinite"] = .string("keep") }
        if requantizes { parameters["requantize"] = .bool(true) }
        if let scaleRule { parameters["scale_rule"] = .string(scaleRule.rawValue) }
        if let importance { parameters["importance"] = .string(importance.hex) }
        if let fallback { parameters["fallback"] = .string(fallback.text) }
        if let trainingGrid { parameters["training_grid"] = .string(trainingGrid.text) }
        return parameters
    }
}

extension TensorRule {
    /// As recipes hold it, keys sorted.
    var json: JSONValue {
        var members = JSONObject([("action", .string(action.text))])
        if let layers = selector.layers { members["layers"] = .string(layers.text) }
        if let name = selector.name { members["name"] = .string(name) }
        if isOptional { members["optional"] = .bool(true) }
        if let pattern = selector.pattern { members["pattern"] = .string(pattern) }
        if let part = selector.part { members["role"] = .string(part.rawValue) }
        if let size = selector.size { members["size"] = .string(size.text) }
        return .object(members)
    }
}
