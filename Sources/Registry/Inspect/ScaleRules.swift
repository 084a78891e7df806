import Bytes
import Formats
import Tensors
import Transforms

extension ModelRegistry {
    /// Which rules can have made the E8M0 scales of a model's tensors, scheme by scheme. Codes and scales are read.
    static func scaleRules(of tensors: [LogicalTensor], in weights: [ModelFile]) throws -> [InspectReport.ScaleRules] {
        var found: [String: (tensorCount: Int, evidence: ScaleRuleEvidence)] = [:]
        let files = try weights.map { try OpenFile($0.absolutePath) }
        for tensor in tensors {
            guard let scheme = tensor.scheme,
                let evidence = try ScaleRuleEvidence(of: tensor, parts: FileParts(tensor, sources: files))
            else { continue }
            found[scheme, default: (0, ScaleRuleEvidence(evidence.elements))].tensorCount += 1
            found[scheme]?.evidence.add(evidence)
        }
        return found.keys.sorted().compactMap { scheme in
            found[scheme].map { InspectReport.ScaleRules(scheme, $0.tensorCount, $0.evidence) }
        }
    }
}

extension InspectReport.ScaleRules {
    fileprivate init(_ scheme: String, _ tensorCount: Int, _ evidence: ScaleRuleEvidence) {
        let rules = evidence.rules.map(\.rawValue)
        self.init(
            scheme: scheme, rules: evidence.tellingBlockCount == 0 ? [] : rules.isEmpty ? ["search"] : rules,
            tensorCount: tensorCount, blockCount: evidence.blockCount,
            greatest: evidence.classes.map { .init(elements: $0.name, blockCount: $0.blockCount) })
    }
}
