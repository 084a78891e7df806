import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// A cast before the work: what is written, and what becomes of each tensor.
struct CastPlan {
    /// A tensor with another dtype.
    struct Change {
        var name: String
        var from: String
        var to: DType
        /// Why it is wider than was asked for.
        var reason: String?
    }

    let plan: RewritePlan
    let settings: CastSettings
    let changes: [Change]
    /// Tensors that stay as they are, and why.
    let kept: [(name: String, reason: String)]
}

extension ModelRegistry {
    /// What a cast of an artifact would write.
    /// - Throws: `FormatError` for rules that mean nothing and numbers that the dtype has not, `RegistryError` when every
    ///   number has the dtype already.
    func castPlan(_ settings: CastSettings, of parent: RewriteParent) throws -> CastPlan {
        // The configuration names the dtype of the numbers, but for those of 8 bits.
        let type = settings.dtype.bitCount > 8 ? ElementType.plain(settings.dtype) : nil
        let source = try RewriteSource(
            parent.artifact, name: parent.name, in: self,
            options: { CastChoice.options(settings, type: type, of: $0) }, choice: { CastChoice(settings, source: $0) })
        var changes: [CastPlan.Change] = []
        let tensors = source.tensors.map { tensor -> RewrittenTensor in
            if source.stored(tensor) != nil { return source.unchanged(tensor) }
            var made = source.cast(tensor, to: tensor.type)
            made.overflow = settings.overflow == .saturate ? .toGreatest : nil
            let from = tensor.sources.first.flatMap { $0.isQuantized ? $0.scheme : nil } ?? tensor.sourceType.name
            if let dtype = tensor.type.dtype, from != dtype.rawValue {
                changes.append(.init(name: tensor.name, from: from, to: dtype, reason: tensor.widened))
            }
            return made
        }
        guard !changes.isEmpty || parent.artifact.record.format != Safetensors.name else {
            throw RegistryError(
                "every number of \(parent.name) that a cast would change is \(settings.dtype) already",
                remedy: "Use it as it is, or choose another dtype")
        }
        var plan = try RewritePlan(
            [parent], kind: .cast, recipe: settings.recipe, tensors: tensors, companions: source.companions,
            config: source.config)
        plan.notes = source.notes + Self.notes(settings, source)
        let kept = source.tensors.compactMap { tensor in tensor.keptReason.map { (tensor.name, $0) } }
        return CastPlan(plan: plan, settings: settings, changes: changes, kept: kept)
    }

    private static func notes(_ settings: CastSettings, _ source: RewriteSource) -> [String] {
        var notes: [String] = []
        let quantized = source.source.tensors.filter(\.isQuantized)
        if let first = quantized.first {
            let count = quantized.count == 1 ? "1 tensor" : "\(quantized.count) tensors"
            notes.append(
                "\(count) of \(first.scheme ?? "a quantized scheme") became numbers again: what quantizing lost stays lost"
            )
        }
        if settings.dtype.bitCount == 8 {
            notes.append(
                "\(settings.dtype) without scales: vectors stay as they are, and config.json keeps the dtype that "
                    + "programs compute in")
        }
        return notes
    }
}
