import Bytes
import Formats
import Numbers
import Transforms

/// What `convert` was asked to do, checked, by the transform that does it.
enum StepOrder {
    case quantize(ConversionOrder)
    /// With what the result's tag is made of.
    case cast(CastSettings, tag: String)

    init(_ request: ConvertRequest) throws {
        if let path = request.recipePath {
            self = try Self.recipe(at: path, request)
        } else if let dtype = CastSettings.dtype(named: request.scheme) {
            self = try Self.cast(to: dtype, request)
        } else {
            guard request.overflow == nil else {
                throw RegistryError(
                    "--overflow is of casts, and \(request.scheme) quantizes", remedy: "Leave it out")
            }
            let (settings, tag) = try ConversionOrder.preset(request)
            self = .quantize(try ConversionOrder(settings, tag: tag, request))
        }
    }

    private static func recipe(at path: String, _ request: ConvertRequest) throws -> Self {
        let recipe = try RecipeFile(parsing: try RecipeBytes.read(at: path), file: path)
        guard let step = recipe.onlyStep else {
            throw RegistryError(
                "\(path) is a recipe of several steps, or with gates",
                remedy: "Run it with 'ingot run \(path) \(request.name)'")
        }
        switch step {
        case .quantize(let settings):
            let tag = recipe.name ?? settings.target.shortName + "-recipe"
            return .quantize(try ConversionOrder(settings, tag: tag, request))
        case .cast(let settings): return .cast(settings, tag: recipe.name ?? settings.word + "-recipe")
        case .prune:
            throw RegistryError("the recipe \(path) prunes", remedy: "Prune with 'ingot prune', and convert the result")
        case .sparsify:
            throw RegistryError(
                "the recipe \(path) sets numbers to zero", remedy: "Use 'ingot sparsify', and convert the result")
        case .student:
            throw RegistryError(
                "the recipe \(path) makes a student", remedy: "Use 'ingot distill init', and convert the result")
        case .merge, .mergeAdapter:
            throw RegistryError(
                "\(path) merges, and convert makes a variant of one artifact", remedy: "Use 'ingot merge'")
        }
    }

    private static func cast(to dtype: DType, _ request: ConvertRequest) throws -> Self {
        try refuseQuantizing(request)
        var settings = CastSettings(dtype: dtype)
        var words = [settings.word]
        switch request.overflow {
        case .saturate?: settings.overflow = .saturate
        case .widen?: settings.overflow = .widen
        case .fail?, nil: break
        }
        if settings.overflow != .fail { words.append(settings.overflow.rawValue) }
        if request.nonfinite == .keep {
            settings.nonfinite = .keep
            words.append("nonfinite")
        }
        if !request.keep.isEmpty { words.append("keep") }
        if !request.rules.isEmpty { words.append("rules") }
        for pattern in request.keep { try settings.add(try TensorRule(keeping: pattern)) }
        for rule in request.rules { try settings.add(try TensorRule(parsing: rule, family: nil)) }
        return .cast(settings, tag: words.joined(separator: "-"))
    }

    /// A cast has no blocks, scales or codes.
    private static func refuseQuantizing(_ request: ConvertRequest) throws {
        let options: [(name: String, isGiven: Bool)] = [
            ("--block", request.blockSize != nil), ("--encoder", request.encoder == .best),
            ("--imatrix", request.importancePath != nil), ("--scale-rule", request.scaleRule != nil),
            ("--fallback", request.fallback != nil), ("--pre-tokenizer", request.preTokenizer != nil),
            ("--qat", request.trainingGrid != nil),
        ]
        guard let wrong = options.first(where: \.isGiven) else { return }
        throw RegistryError(
            "\(wrong.name) has no meaning for \(request.scheme), which is a cast",
            remedy: "Leave it out; for a GGUF file say gguf-\(request.scheme)")
    }
}
