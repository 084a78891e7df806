import Architectures
import Blobs
import Bytes
import Tensors
import Transforms

/// Stored tensors' names before and after a cut of layers and experts.
struct StoredNames {
    private let kept: KeptIndices
    private let family: ModelFamily?
    private let isGGUF: Bool

    init(_ pruned: PrunedModel, isGGUF: Bool) {
        kept = pruned.kept
        family = pruned.source.family
        self.isGGUF = isGGUF
    }

    /// The layer that a tensor belongs to, by its old number.
    func layer(_ name: String) -> Int? {
        guard isGGUF else { return family?.layerNumber(of: name) }
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts[0] == "blk" ? Int(parts[1]) : nil
    }

    /// Nil for a tensor that goes.
    func newName(_ name: String) -> String? {
        guard let layer = layer(name) else { return name }
        guard let place = kept.layers.firstIndex(of: layer) else { return nil }
        guard let expert = Self.expert(name), let experts = kept[AxisPlace(.experts, layer: layer)] else {
            return name.renumbered(layer: place)
        }
        guard let number = experts.firstIndex(of: expert) else { return nil }
        return name.renumbered(layer: place, expert: number)
    }

    /// The expert that a tensor belongs to alone.
    private static func expert(_ name: String) -> Int? {
        let parts = name.split(separator: ".")
        guard let place = parts.firstIndex(of: "experts"), place + 1 < parts.count else { return nil }
        return Int(parts[place + 1])
    }

    /// Whether it has a row or a matrix for each expert.
    func holdsAllExperts(_ name: String) -> Bool {
        if isGGUF {
            return name.contains("_exps.") || name.contains(".ffn_gate_inp.") || name.contains(".exp_probs_b")
        }
        guard Self.expert(name) == nil, let role = family?.role(of: name) else { return false }
        return role == .stackedExpert || role == .router
    }

    /// The modules that a configuration of a quantization names, with their new numbers; those that go are left out.
    func renumbered(_ config: JSONValue) -> JSONValue {
        guard var root = config.objectValue else { return config }
        for key in ["quantization_config", "quantization", "compression_config"] {
            root[key] = root[key].flatMap { modules($0) }
        }
        return .object(root)
    }

    private func modules(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .string(let text): newName(text).map { .string($0) }
        case .array(let values): .array(values.compactMap(modules))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.compactMap { member in
                        guard let key = newName(member.key), let value = modules(member.value) else { return nil }
                        return (key, value)
                    }))
        default: value
        }
    }
}

/// Some of the equal pieces that a stored tensor's bytes consist of.
final class StoredSlices: TensorBytes {
    private let tensor: StoredTensor
    private let byteCount: Int
    private let places: [Int]
    private let reader: StoredFileReader
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - byteCount: the bytes of a piece.
    ///   - places: the pieces to give.
    init(_ tensor: StoredTensor, byteCount: Int, places: [Int], store: BlobStore) {
        self.tensor = tensor
        self.byteCount = byteCount
        self.places = places
        reader = StoredFileReader(store: store)
    }

    func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        buffer.removeAll(keepingCapacity: true)
        var start = range.lowerBound
        var piece: [UInt8] = []
        while start < range.upperBound {
            let place = start / byteCount, inner = start % byteCount
            let count = min(byteCount - inner, range.upperBound - start)
            if piece.count != count { piece = [UInt8](repeating: 0, count: count) }
            try reader.read(
                count, at: tensor.description.byteRange.lowerBound + places[place] * byteCount + inner, of: tensor.file,
                into: &piece)
            buffer += piece
            start += count
        }
        let held = buffer
        try body(held.span)
    }
}
