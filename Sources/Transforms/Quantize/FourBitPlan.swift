import Architectures
package import Bytes
import Numbers
package import Tensors

/// Which tensors of a checkpoint become 4-bit, as bitsandbytes decides: every linear layer, but not the output head,
/// embeddings, norms and experts that are no layers of their own.
package struct FourBitPlan: Sendable {
    /// What becomes of one tensor.
    package enum Decision: Equatable, Sendable {
        /// It is quantized; `isTransposed` when the file holds the layer as [in, out].
        case quantize(isTransposed: Bool)
        /// It stays as it is, for a reason that the user reads.
        case keep(reason: String)
    }

    /// The tensors in the order they were given.
    package let decisions: [(tensor: TensorDescription, decision: Decision)]
    /// What the user should read.
    package let notes: [String]
    private let family: ModelFamily?

    /// - Parameters:
    ///   - tensors: all tensors of the checkpoint.
    ///   - config: the model's configuration, which tells its family.
    ///   - rules: tensors that one of these finds stay.
    ///   - nonfinite: the names of tensors that hold NaN or infinities.
    ///   - keepsNonfinite: whether those stay as they are instead of being refused.
    /// - Throws: `FormatError` for a tensor with NaN or infinities that may not stay, and when nothing is left to do.
    package init(
        tensors: [TensorDescription], config: JSONValue?, rules: [TensorRule], nonfinite: [String: String],
        keepsNonfinite: Bool
    ) throws(FormatError) {
        let family = config.flatMap { ModelFamily.of(config: $0) }
        let names = Set(tensors.map(\.name))
        var decisions: [(tensor: TensorDescription, decision: Decision)] = []
        for tensor in tensors {
            let role =
                family?.role(of: tensor.name)
                ?? TensorRole.guess(name: tensor.name, dimensions: tensor.shape.dimensions, among: names)
            var decision = Self.decision(for: tensor, role: role)
            if case .quantize = decision {
                if let rule = rules.first(where: { $0.applies(to: tensor.name) }) {
                    decision = .keep(reason: "kept by '\(rule.pattern)'")
                } else if let found = nonfinite[tensor.name] {
                    guard keepsNonfinite else {
                        throw FormatError(
                            .refused, "it holds \(found), which no 4-bit code can express", tensor: tensor.name,
                            remedy: "Mend the checkpoint, or leave such tensors as they are with --nonfinite keep")
                    }
                    decision = .keep(reason: "holds \(found)")
                }
            }
            decisions.append((tensor, decision))
        }
        guard decisions.contains(where: { if case .quantize = $0.decision { true } else { false } }) else {
            throw FormatError(
                .refused, "none of the \(tensors.count) tensors is a linear layer that could be quantized",
                remedy: "Look at them with 'ingot tensors', and check --keep")
        }
        self.decisions = decisions
        self.family = family
        notes = Self.notes(decisions, family: family, config: config)
    }

    private static func notes(
        _ decisions: [(tensor: TensorDescription, decision: Decision)], family: ModelFamily?, config: JSONValue?
    ) -> [String] {
        var notes: [String] = []
        if family == nil {
            let why = config == nil ? "there is no config.json" : "its model_type is not known"
            notes.append("the tensors to quantize were chosen by their names, as \(why)")
        }
        let expertCount = decisions.count { $0.decision == .keep(reason: expertReason) }
        if expertCount > 0 {
            notes.append("\(expertCount) expert matrices stay dense: transformers loads experts in 4 bits in no layout")
        }
        return notes
    }

    private static let expertReason = "expert"

    private static func decision(for tensor: TensorDescription, role: TensorRole) -> Decision {
        let isMatrix = tensor.shape.dimensions.count == 2 && tensor.shape.elementCount > 0
        switch role {
        case .linear, .conv1D:
            guard isMatrix else { return .keep(reason: "no matrix") }
            guard let dtype = tensor.dtype, [.BF16, .F16, .F32].contains(dtype) else {
                return .keep(reason: "stored as \(tensor.type)")
            }
            return .quantize(isTransposed: role == .conv1D)
        case .embedding: return .keep(reason: "embedding")
        case .norm: return .keep(reason: "norm")
        case .outputHead: return .keep(reason: "output head")
        case .router: return .keep(reason: "router")
        case .expert, .stackedExpert: return .keep(reason: expertReason)
        case .bias: return .keep(reason: "bias")
        case .other: return .keep(reason: isMatrix ? "no linear layer" : "no matrix")
        }
    }

    /// The modules that stay dense although a loader could take them for linear layers: `llm_int8_skip_modules`.
    package var skippedModules: [String] {
        var modules: Set<String> = Set([family.map(\.outputHead) ?? "lm_head"].compactMap(\.self))
        for (tensor, decision) in decisions {
            guard case .keep(let reason) = decision, tensor.shape.dimensions.count == 2,
                tensor.name.hasSuffix(".weight"), reason != "embedding", reason != "norm"
            else { continue }
            modules.insert(String(tensor.name.dropLast(".weight".count)))
        }
        return modules.sorted()
    }
}
