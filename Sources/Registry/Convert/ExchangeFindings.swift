import Bytes
import Formats
import Transforms

/// What came of carrying codes from one layout to another: tensors that went to a neighboring scheme, and those that
/// cannot go.
struct ExchangeFindings: Sendable {
    private var moved: [(tensor: String, wanted: String, stored: String)] = []
    private var failures: [(tensor: String, error: FormatError)] = []
    /// Tensors that went to the scheme that they were meant for.
    private var count = 0

    /// How the tensor's codes go over to a scheme, or to the one of the same family that holds them; nil when none
    /// does, which `fault` tells.
    /// - Parameter requantizes: whether a tensor whose codes do not go over may be quantized again.
    mutating func exchange(
        _ tensor: MappedTensor, to scheme: TensorScheme, from source: ExportSource, requantizes: Bool
    ) throws -> CodeExchange? {
        do {
            let exchange = try Self.checked(tensor, scheme, source)
            count += 1
            return exchange
        } catch let error as FormatError {
            if requantizes { return nil }
            for other in Self.siblings(of: scheme) where other.id != tensor.first?.scheme {
                do {
                    let exchange = try Self.checked(tensor, other, source)
                    moved.append((tensor.name, scheme.id, other.id))
                    return exchange
                } catch is FormatError { continue }
            }
            failures.append((tensor.name, error))
            return nil
        }
    }

    private static func checked(
        _ tensor: MappedTensor, _ scheme: TensorScheme, _ source: ExportSource
    ) throws -> CodeExchange {
        let exchange = try CodeExchange(
            tensor.mapping, of: tensor.sources, to: scheme, kernels: source.kernels)
        if exchange.dependsOnNumbers { try exchange.check(try tensor.sources.map { try source.codes(of: $0) }) }
        return exchange
    }

    /// Schemes that the family's loaders take beside this one in one model: of the same groups first.
    private static func siblings(of scheme: TensorScheme) -> [TensorScheme] {
        guard scheme.family == .mlx || scheme.family == .gguf else { return [] }
        let others = TensorScheme.made.filter { $0.family == scheme.family && $0 != scheme && $0.codeGrid != nil }
        return others.filter { $0.groupSize == scheme.groupSize } + others.filter { $0.groupSize != scheme.groupSize }
    }

    /// Why the conversion cannot be done; nil when it can.
    var fault: FormatError? {
        guard let (tensor, first) = failures.first else { return misfit }
        let others = failures.count - 1
        let more = others == 0 ? "" : others == 1 ? " (and 1 more tensor)" : " (and \(others) more tensors)"
        return FormatError(
            first.code,
            "it is quantized already, its error would add to the new one's, and its codes do not go over as they are: "
                + first.problem + more,
            tensor: tensor,
            remedy: "Convert what it was made from ('ingot lineage' tells what that is), give such tensors another "
                + "scheme or dtype with --rule, or accept the loss with --requantize")
    }

    /// Nothing has the scheme that was asked for.
    private var misfit: FormatError? {
        guard count == 0, let first = moved.first else { return nil }
        return FormatError(
            .refused, "it is quantized already, and its codes do not go over to \(first.wanted) as they are",
            tensor: first.tensor, remedy: "Choose \(first.stored), which holds them, or accept a loss with --requantize"
        )
    }

    var notes: [String] {
        let kinds = Dictionary(grouping: moved) { "\($0.wanted) → \($0.stored)" }
        let others = kinds.keys.sorted().map { kind in
            let tensors = kinds[kind, default: []].map(\.tensor)
            let subject = tensors.count == 1 ? "1 tensor" : "\(tensors.count) tensors"
            return
                "\(kind) for \(subject), whose codes the latter holds (\(tensors[0])\(tensors.count > 1 ? " …" : ""))"
        }
        let all = count + moved.count
        guard all > 0 else { return [] }
        return ["the codes of \(all == 1 ? "1 tensor" : "\(all) tensors") go over as they are"] + others
    }
}
