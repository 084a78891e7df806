import Architectures
import Bytes
import Formats
import Tensors

/// Output heads that the base ties to its embedding: an adapter that brings or changes one needs a head of its own.
extension AdapterModules {
    /// Whether the base has its embedding for this tensor, whether or not it stores the tensor too.
    func tiesHead(_ name: String) -> Bool {
        guard TensorStorage.isOutputHead(name), name.hasSuffix(".weight") else { return false }
        return base.config.map { ModelFamily.tiesHead(config: $0) } ?? false
    }

    /// The embedding that is the base's output head too; nil when the name is no head's, and when no one embedding has
    /// its shape.
    /// - Parameter tensor: the adapter's, for messages.
    func embedding(asHead name: String, shape: [Int], _ tensor: String) throws -> PlannedTensor? {
        guard tiesHead(name) else { return nil }
        let family = base.family
        let found = base.tensors.filter { candidate in
            let own = candidate.mapping.shape
            let role = family?.role(of: candidate.name) ?? TensorRole.guess(name: candidate.name, dimensions: own)
            return role == .embedding && own == shape
        }
        guard found.count == 1 else { return nil }
        guard found[0].name.split(separator: ".").count > 2 else {
            throw fault(
                "\(base.name) names its tensors as a model without a head does ('\(found[0].name)'), so that a head "
                    + "beside them would not be found", tensor,
                "Save the base with AutoModelForCausalLM and save_pretrained, and merge into that")
        }
        return found[0]
    }

    /// Refuses to change a stored head that is not the one with which the base computes.
    /// - Parameter tensor: the adapter's, for messages.
    func checkHead(_ head: PlannedTensor, _ tensor: String) throws {
        guard tiesHead(head.name), let digest = base.stored(head)?.digest,
            let embedding = try embedding(asHead: head.name, shape: head.mapping.shape, tensor),
            let other = base.stored(embedding)?.digest, digest != other
        else { return }
        throw fault(
            "config.json of \(base.name) ties '\(head.name)' to '\(embedding.name)', and the two are stored with "
                + "different numbers", tensor,
            "Set tie_word_embeddings to what the adapter was trained with, and register the base again")
    }
}
