import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An adapter's tensors beside those of the base that they change.
struct AdapterModules {
    /// A matrix of the base and the factors of its update.
    struct Update {
        let target: PlannedTensor
        let module: String
        let a: AdapterSource.Tensor
        let b: AdapterSource.Tensor
        let magnitude: AdapterSource.Tensor?
        let rank: Int
        /// Whether the base holds the matrix as [in, out].
        let isTransposed: Bool
    }

    /// By the base's tensor, or by the head that it has no tensor for.
    private(set) var updates: [String: Update] = [:]
    /// Tensors that stand for the base's, and those that the base has not (an output head that was tied).
    private(set) var replacements: [String: AdapterSource.Tensor] = [:]
    /// What is added to a bias, with its scaling.
    private(set) var biases: [String: (tensor: AdapterSource.Tensor, scaling: Double)] = [:]
    /// The name of an output head that the base ties to its embedding, and that the adapter brings or changes.
    private(set) var untiedHead: String?
    private let adapter: AdapterSource
    let base: RewriteSource

    private typealias Parts = [AdapterTensorName.Part: AdapterSource.Tensor]

    /// - Throws: `FormatError` that names a tensor when the adapter is of another base.
    init(_ adapter: AdapterSource, base: RewriteSource) throws {
        self.adapter = adapter
        self.base = base
        try checkBase()
        var modules: [String: Parts] = [:]
        for tensor in adapter.tensors {
            guard let name = AdapterTensorName(tensor.name) else {
                throw fault("it is no tensor of a LoRA adapter that is merged here", tensor.name, Self.otherwise)
            }
            modules[name.module, default: [:]][name.part] = tensor
        }
        guard !modules.isEmpty else {
            throw RegistryError("\(adapter.name) holds no tensors", remedy: "Save the adapter again")
        }
        for module in modules.keys.sorted() { try add(module, modules[module] ?? [:]) }
    }

    private static let otherwise = "Merge the adapter with PEFT, and register the result"

    func fault(_ problem: String, _ tensor: String, _ remedy: String) -> FormatError {
        FormatError(.refused, problem, tensor: tensor, file: adapter.name, remedy: remedy)
    }

    /// What to do with an adapter of another base.
    var rightBase: String {
        guard let name = adapter.configuration.baseModel else {
            return "Merge it into the model that it was trained for"
        }
        return "Merge it into the model that it was trained for, which it calls \(name.shortened)"
    }

    /// Compares where the base was published with what the adapter says; folders and other names tell nothing.
    private func checkBase() throws {
        guard let wanted = adapter.configuration.baseModel, !wanted.hasPrefix("."), !wanted.hasPrefix("/"),
            let found = base.artifact.record.publication?.repository,
            wanted.split(separator: "/").count == 2, found.split(separator: "/").count == 2,
            let one = wanted.split(separator: "/").last, let other = found.split(separator: "/").last,
            one.lowercased() != other.lowercased()
        else { return }
        throw RegistryError(
            "\(adapter.name) was trained for \(wanted), and \(base.name) was published as \(found)",
            remedy: "Merge it into \(wanted); if both have the same weights, correct base_model_name_or_path in "
                + AdapterConfiguration.fileName)
    }

    private mutating func add(_ module: String, _ parts: Parts) throws {
        for (part, tensor) in parts {
            guard case .whole(let parameter) = part else { continue }
            try replace("\(module).\(parameter)", tensor)
        }
        if let a = parts[.a], let b = parts[.b] {
            try update(module, a, b, magnitude: parts[.magnitude], isEmbedding: false)
        } else if let a = parts[.embeddingA], let b = parts[.embeddingB] {
            if let magnitude = parts[.magnitude] {
                throw fault("magnitudes of an embedding are not merged here", magnitude.name, Self.otherwise)
            }
            try update(module, a, b, magnitude: nil, isEmbedding: true)
        } else if let lone = parts.first(where: { !$0.key.isWhole }) {
            throw fault("its other factor is missing", lone.value.name, "Save the adapter again")
        }
        if let tensor = parts[.biasUpdate] {
            let target = try target("\(module).bias", of: tensor)
            try check(tensor, target, is: [target.mapping.shape])
            biases[target.name] = (tensor, try adapter.configuration.scaling(of: module))
        }
    }

    /// The base's tensor of this name, or of one that both end with: `transformer.h.0.…` and `h.0.…` are one.
    private func find(_ name: String) -> PlannedTensor? {
        if let tensor = base[name] { return tensor }
        let found = base.tensors.filter { name.hasSuffix("." + $0.name) || $0.name.hasSuffix("." + name) }
        return found.count == 1 ? found[0] : nil
    }

    private func target(_ name: String, of tensor: AdapterSource.Tensor) throws -> PlannedTensor {
        guard let target = find(name) else {
            throw fault("\(base.name) has no tensor '\(name)' that it could change", tensor.name, rightBase)
        }
        return target
    }

    private func check(_ tensor: AdapterSource.Tensor, _ target: PlannedTensor, is shapes: [[Int]]) throws {
        guard !shapes.contains(tensor.shape) else { return }
        let wanted = shapes.map { "\($0)" }.joined(separator: " or ")
        throw fault(
            "its shape is \(tensor.shape), and '\(target.name)' of \(base.name) needs \(wanted)", tensor.name, rightBase
        )
    }

    private mutating func replace(_ name: String, _ tensor: AdapterSource.Tensor) throws {
        guard let target = find(name) else {
            guard try embedding(asHead: name, shape: tensor.shape, tensor.name) != nil else {
                throw fault("\(base.name) has no tensor '\(name)' that it could replace", tensor.name, rightBase)
            }
            untiedHead = name
            replacements[name] = tensor
            return
        }
        try check(tensor, target, is: [target.mapping.shape])
        if tiesHead(target.name) { untiedHead = target.name }
        replacements[target.name] = tensor
    }

    private mutating func update(
        _ module: String, _ a: AdapterSource.Tensor, _ b: AdapterSource.Tensor, magnitude: AdapterSource.Tensor?,
        isEmbedding: Bool
    ) throws {
        let name = "\(module).weight"
        // A head that is not stored has the embedding's numbers.
        let product = [b.shape.first ?? 0, a.shape.last ?? 0]
        let tied = find(name) == nil ? try embedding(asHead: name, shape: product, a.name) : nil
        let target = try tied ?? self.target(name, of: a)
        let owner = tied == nil ? target.name : name
        if tied == nil { try checkHead(target, a.name) }
        if tiesHead(owner) { untiedHead = owner }
        let rank = try adapter.configuration.rank(of: module)
        let shape = target.mapping.shape
        guard shape.count == 2 else {
            throw fault("'\(target.name)' is no matrix, but \(shape)", a.name, Self.otherwise)
        }
        let isTransposed = isEmbedding || isStoredTransposed(target, a, b)
        let (inputs, outputs) = isTransposed ? (shape[0], shape[1]) : (shape[1], shape[0])
        try checkRank(a, a.shape.first, rank)
        try checkRank(b, b.shape.last, rank)
        try check(a, target, is: [[rank, inputs]])
        try check(b, target, is: [[outputs, rank]])
        if let magnitude { try check(magnitude, target, is: [[outputs], [outputs, 1], [1, outputs]]) }
        guard magnitude != nil || !adapter.configuration.hasMagnitudes else {
            throw fault("the adapter uses DoRA, and the layer has no magnitudes", a.name, "Save the adapter again")
        }
        updates[owner] = Update(
            target: target, module: module, a: a, b: b, magnitude: magnitude, rank: rank, isTransposed: isTransposed)
    }

    /// Refuses a factor of another rank than the adapter says, before its base is suspected.
    private func checkRank(_ factor: AdapterSource.Tensor, _ found: Int?, _ rank: Int) throws {
        guard let found, found != rank, factor.shape.count == 2 else { return }
        throw fault(
            "its rank is \(found) by its shape \(factor.shape), and \(rank) by \(AdapterConfiguration.fileName)",
            factor.name, "Save the adapter again with PEFT's save_pretrained")
    }

    /// Whether the base holds the matrix as [in, out]: its family tells, else the adapter, where shapes allow both.
    private func isStoredTransposed(
        _ target: PlannedTensor, _ a: AdapterSource.Tensor, _ b: AdapterSource.Tensor
    ) -> Bool {
        if let role = base.family?.role(of: target.name), role == .conv1D { return true }
        guard adapter.configuration.isFanInFanOut, let inputs = a.shape.last, let outputs = b.shape.first else {
            return false
        }
        return target.mapping.shape == [inputs, outputs] && (inputs != outputs || base.family == nil)
    }
}

extension AdapterTensorName.Part {
    fileprivate var isWhole: Bool { if case .whole = self { true } else { false } }
}
