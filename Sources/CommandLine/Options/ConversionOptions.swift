import ArgumentParser
import Registry

/// How to convert, besides the scheme: shared by `convert` and `register --to`.
struct ConversionOptions: ParsableArguments {
    /// What becomes of a tensor that holds NaN or infinities.
    enum Nonfinite: String, ExpressibleByArgument, CaseIterable {
        case refuse, keep
    }

    @Option(
        help: ArgumentHelp(
            "Weights that share one scale, a power of two from 32 to 4096 (default: the scheme's own).",
            valueName: "count"))
    var block: Int?

    @Option(
        help: ArgumentHelp(
            "Leave tensors as they are whose name this regular expression finds; may be given again.",
            valueName: "regex"))
    var keep: [String] = []

    @Option(
        help: ArgumentHelp(
            "What becomes of a tensor with NaN or infinities (default: refuse).", valueName: "policy"))
    var nonfinite: Nonfinite?

    func validate() throws {
        if let block {
            guard (32...4096).contains(block), block.nonzeroBitCount == 1 else {
                throw ValidationError("--block must be a power of two from 32 to 4096, got \(block).")
            }
        }
        for pattern in keep where pattern.isEmpty {
            throw ValidationError("--keep must not be empty: it would keep every tensor.")
        }
    }

    /// Whether any was given.
    var isUsed: Bool { block != nil || !keep.isEmpty || nonfinite != nil }

    /// A request to convert `name` to `scheme` in this manner.
    func request(_ name: String, to scheme: String) -> ConvertRequest {
        var request = ConvertRequest(name: name, scheme: scheme)
        request.blockSize = block
        request.keep = keep
        request.nonfinite = nonfinite == .keep ? .keep : .refuse
        return request
    }
}
