import ArgumentParser
import Registry

/// How to convert, besides the scheme: shared by `convert` and `register --to`.
struct ConversionOptions: ParsableArguments {
    /// What becomes of a tensor that holds NaN or infinities.
    enum Nonfinite: String, ExpressibleByArgument, CaseIterable {
        case refuse, keep
    }

    /// Which bytes the encoders make.
    enum Encoder: String, ExpressibleByArgument, CaseIterable {
        case reference, best
    }

    @Option(
        help: ArgumentHelp(
            "Weights that share one scale, where the scheme leaves that open (default: the scheme's own).",
            valueName: "count"))
    var block: Int?

    @Option(
        help: ArgumentHelp(
            "Leave tensors as they are whose name this regular expression finds; may be given again.",
            valueName: "regex"))
    var keep: [String] = []

    @Option(
        name: .customLong("rule"),
        help: ArgumentHelp(
            "Another scheme, a dtype or 'keep' for some tensors: 'lm_head=gguf-q6_k', 're:.*down_proj=q5_k', "
                + "'layers:0-3=bf16'; may be given again. See docs/recipes.md.", valueName: "tensors=scheme"))
    var rules: [String] = []

    @Option(
        help: ArgumentHelp(
            "'reference' makes the bytes of the scheme's own library, 'best' others with less error (default: "
                + "reference).", valueName: "encoder"))
    var encoder: Encoder?

    @Option(
        name: .customLong("imatrix"),
        help: ArgumentHelp("Weigh columns by an importance matrix of llama.cpp.", valueName: "file"))
    var importancePath: String?

    @Option(
        name: .customLong("scale-rule"),
        help: ArgumentHelp(
            "How MX scales are rounded: floor, nearest, ceil or bump (default: as the scheme's library does).",
            valueName: "rule"))
    var scaleRule: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of tensors whose rows the blocks do not divide: error, keep, a dtype or a scheme.",
            valueName: "scheme"))
    var fallback: String?

    @Flag(help: "Quantize a second time what cannot go over as it is: its error adds to the new one's.")
    var requantize = false

    @Option(
        help: ArgumentHelp(
            "What becomes of a tensor with NaN or infinities (default: refuse).", valueName: "policy"))
    var nonfinite: Nonfinite?

    @Option(
        help: ArgumentHelp(
            "What becomes of numbers that are too large for the dtype of a cast: fail, saturate or widen (default: fail).",
            valueName: "policy"))
    var overflow: ExportCommand.OverflowArgument?

    func validate() throws {
        if let block {
            guard (16...4096).contains(block), block.nonzeroBitCount == 1 else {
                throw ValidationError("--block must be a power of two from 16 to 4096, got \(block).")
            }
        }
        for pattern in keep where pattern.isEmpty {
            throw ValidationError("--keep must not be empty: it would keep every tensor.")
        }
    }

    /// Whether any was given.
    var isUsed: Bool {
        block != nil || !keep.isEmpty || !rules.isEmpty || encoder != nil || importancePath != nil || scaleRule != nil
            || fallback != nil || requantize || nonfinite != nil || overflow != nil
    }

    /// Whether any was given that recipes say themselves.
    var decidesAboutBytes: Bool {
        block != nil || !keep.isEmpty || !rules.isEmpty || encoder != nil || scaleRule != nil || fallback != nil
            || nonfinite != nil || overflow != nil
    }

    /// A request to convert `name` to `scheme` in this manner.
    func request(_ name: String, to scheme: String) -> ConvertRequest {
        var request = ConvertRequest(name: name, scheme: scheme)
        request.blockSize = block
        request.keep = keep
        request.rules = rules
        request.encoder = encoder == .best ? .best : .reference
        request.importancePath = importancePath
        request.scaleRule = scaleRule
        request.fallback = fallback
        request.requantizes = requantize
        request.nonfinite = nonfinite == .keep ? .keep : .refuse
        request.overflow = overflow?.policy
        return request
    }
}
