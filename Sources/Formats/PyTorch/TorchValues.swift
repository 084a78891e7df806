import Bytes
import Numbers
import Pickles
import Tensors

/// What the values of a pickle mean to PyTorch: tensors, dictionaries, numbers, and things that are passed over.
struct TorchValues {
    let pickle: Pickle
    /// Whether the pickle lies in the file as it is, so that bytes in it can be named by their place in the file.
    let isInPlace: Bool
    private let work: Work

    /// One value.
    enum Meaning {
        case tensor(TorchTensor)
        case dictionary([PickleValue.Pair])
        case sequence([Pickle.Node])
        /// A number, text or truth value, as text.
        case scalar(String)
        /// Something that is no tensor, dictionary or number: in words.
        case other(String)
        /// What a global makes that is not on the list.
        case opaque(PickleGlobal)
        /// A tensor that cannot be read: why.
        case unreadable(String)
    }

    /// Counts what is looked at. A pickle may hold one value many times over, and looking at it each time could take
    /// for ever.
    private final class Work {
        var left: Int
        /// Shapes that were met, so that tensors of one shape share it.
        private var shapes: [[Int]: [Int]] = [:]

        init(_ left: Int) { self.left = left }

        func shared(_ integers: [Int]) -> [Int] {
            if let known = shapes[integers] { return known }
            if shapes.count < 256 { shapes[integers] = integers }
            return integers
        }
    }

    /// The looks that every pickle may have; more go by its size. A checkpoint needs a third of the latter.
    private static let freeWork = 65_536
    /// Rebuild functions around rebuild functions; PyTorch writes at most three.
    private static let deepestWrapping = 16
    /// The dimensions of a tensor; PyTorch itself allows 64.
    private static let mostDimensions = 64

    init(_ pickle: Pickle, isInPlace: Bool) {
        self.pickle = pickle
        self.isInPlace = isInPlace
        work = Work(Self.freeWork + 32 * pickle.valueCount + 16 * (pickle.end - pickle.start))
    }

    /// What a value is; each look costs what is copied.
    func value(_ node: Pickle.Node) throws(FormatError) -> PickleValue {
        try charge(1 + pickle.size(of: node) / 4, node)
        return pickle.value(node)
    }

    private func charge(_ cost: Int, _ node: Pickle.Node) throws(FormatError) {
        work.left -= cost
        guard work.left >= 0 else {
            throw FormatError(
                .refused, "its values hold each other over and over", at: pickle.byteOffset(of: node),
                remedy: "Do not trust this file; if you know its origin, fetch it again")
        }
    }

    func meaning(of node: Pickle.Node, depth: Int = 0) throws(FormatError) -> Meaning {
        switch try value(node) {
        case .none: .other("None")
        case .bool(let value): .scalar(value ? "true" : "false")
        case .integer(let value): .scalar(String(value))
        case .hugeInteger: .other("an integer of more than 64 bits")
        case .float(let value): .scalar(String(value))
        case .text(let text): .scalar(text)
        case .binaryString, .bytes: .other("bytes")
        case .tuple(let nodes), .list(let nodes): .sequence(nodes)
        case .set: .other("a set")
        case .dictionary(let pairs): .dictionary(pairs)
        case .global(let global): .other(global.description)
        case .persistent: .other("a storage")
        case .call(let made), .object(let made): try meaning(of: made, node, depth)
        }
    }

    private func meaning(
        of made: PickleValue.Made, _ node: Pickle.Node, _ depth: Int
    ) throws(FormatError) -> Meaning {
        guard depth < Self.deepestWrapping else { throw fault("its rebuild functions never end", node) }
        guard let global = try global(made.callee) else { return .other("the result of a call") }
        switch AllowedGlobal(global) {
        case .dictionary: return .dictionary(try pairs(of: made, node))
        case .scriptClass:
            guard let state = made.state else { return .dictionary([]) }
            return try meaning(of: state, depth: depth + 1)
        case .scriptValue, .rebuildParameter, .tensorType:
            guard let inner = try tuple(made.arguments)?.first else { return .other(global.description) }
            return try meaning(of: inner, depth: depth + 1)
        case .rebuildTensor(let version): return try built(made.arguments, version, node)
        case .rebuildDeviceTensor: return try deviceTensor(made.arguments, node, depth)
        case .rebuildFromType:
            guard let arguments = try tuple(made.arguments), arguments.count >= 3,
                let function = try self.global(arguments[0])
            else { throw fault("_rebuild_from_type_v2 has not its arguments", node) }
            return try rebuilt(function, arguments[2], node, depth)
        case .rebuildOther(let reason): return .unreadable(reason)
        case .numpyArray: return try array(made, node)
        case nil: return .opaque(global)
        default: return .other(global.description)
        }
    }

    /// What another rebuild function makes of its arguments.
    private func rebuilt(
        _ function: PickleGlobal, _ arguments: Pickle.Node, _ node: Pickle.Node, _ depth: Int
    ) throws(FormatError) -> Meaning {
        switch AllowedGlobal(function) {
        case .rebuildTensor(let version): return try built(arguments, version, node)
        case .rebuildParameter:
            guard let inner = try tuple(arguments)?.first else { throw fault("a parameter without its tensor", node) }
            return try meaning(of: inner, depth: depth + 1)
        case .rebuildOther(let reason): return .unreadable(reason)
        case nil: return .opaque(function)
        default: return .other(function.description)
        }
    }

    /// A dictionary's own pairs, and those that Python 2 gives to `OrderedDict` as a list.
    private func pairs(
        of made: PickleValue.Made, _ node: Pickle.Node
    ) throws(FormatError) -> [PickleValue.Pair] {
        let own = pickle.pairs(of: made)
        guard let first = try tuple(made.arguments)?.first else { return own }
        switch try value(first) {
        case .dictionary(let pairs): return pairs + own
        case .list(let nodes), .tuple(let nodes):
            var pairs: [PickleValue.Pair] = []
            for node in nodes {
                guard let pair = try sequence(node), pair.count == 2 else { continue }
                pairs.append(.init(key: pair[0], value: pair[1]))
            }
            return pairs + own
        default: return own
        }
    }

    // MARK: Tensors

    /// `(storage, offset, size, stride, …)`; version 3 gives the dtype as the seventh argument, and the metadata, which
    /// version 2 gives as the seventh, as the eighth.
    private func tensor(
        _ arguments: Pickle.Node, _ version: Int, _ node: Pickle.Node
    ) throws(FormatError) -> TorchTensor {
        guard let arguments = try tuple(arguments), arguments.count >= (version == 3 ? 7 : 4),
            case .persistent(let id) = try value(arguments[0]), case .integer(let offset) = try value(arguments[1]),
            let sizes = try integers(arguments[2]), let strides = try integers(arguments[3]),
            sizes.count == strides.count
        else { throw fault("a tensor has not the arguments that it needs", node) }
        guard offset >= 0, strides.allSatisfy({ $0 >= 0 }), let shape = Shape(sizes) else {
            throw fault("a tensor of size \(sizes), strides \(strides) and offset \(offset) cannot be", node)
        }
        let storage = try storage(id)
        var dtype = storage.dtype
        if version == 3 {
            guard case .dtype(let word)? = try global(arguments[6]).flatMap(AllowedGlobal.init),
                let named = TorchDType.named(word)
            else { throw fault("a tensor has a dtype that is not read", node, .unsupported) }
            dtype = named
        }
        return TorchTensor(
            content: .storage(storage), dtype: dtype, offset: offset, shape: shape, strides: strides,
            place: pickle.byteOffset(of: node))
    }

    /// A tensor; one that is lazily conjugated or negated has other numbers than its storage.
    private func built(
        _ arguments: Pickle.Node, _ version: Int, _ node: Pickle.Node
    ) throws(FormatError) -> Meaning {
        let tensor = try tensor(arguments, version, node)
        guard version > 1, let arguments = try tuple(arguments), arguments.count > version + 4,
            case .dictionary(let pairs) = try meaning(of: arguments[version + 4])
        else { return .tensor(tensor) }
        for pair in pairs {
            guard case .text(let key) = try value(pair.key), case .bool(true) = try value(pair.value) else { continue }
            if key == "conj" { return .unreadable("kept conjugated") }
            if key == "neg" { return .unreadable("kept negated") }
        }
        return .tensor(tensor)
    }

    /// A tensor from another device; its dtype there must be the one here.
    private func deviceTensor(
        _ arguments: Pickle.Node, _ node: Pickle.Node, _ depth: Int
    ) throws(FormatError) -> Meaning {
        guard let arguments = try tuple(arguments), arguments.count >= 2,
            case .tensor(let tensor) = try meaning(of: arguments[0], depth: depth + 1),
            case .dtype(let word)? = try global(arguments[1]).flatMap(AllowedGlobal.init)
        else { throw fault("a tensor has not the arguments that it needs", node) }
        return TorchDType.named(word) == tensor.dtype ? .tensor(tensor) : .unreadable("kept in another dtype")
    }

    /// `("storage", type, key, location, element count)`, in legacy files with a view of the storage as a sixth:
    /// None or `(key, offset, element count)`.
    func storage(_ id: Pickle.Node) throws(FormatError) -> TorchStorage {
        guard let parts = try tuple(id), parts.count == 5 || parts.count == 6,
            case .text("storage") = try value(parts[0]),
            case .storage(let name)? = try global(parts[1]).flatMap(AllowedGlobal.init),
            let key = try key(parts[2]), case .integer(let count) = try value(parts[4]), count >= 0
        else { throw fault("a tensor is built on what is no storage", id) }
        guard let dtype = TorchDType.ofStorage(name) else {
            throw fault("a tensor's storage is of type \(name), which is not read", id, .unsupported)
        }
        guard count <= Int.max / 16 else { throw fault("a storage of \(count) elements cannot be", id) }
        var elements = 0..<count
        if parts.count == 6, let view = try tuple(parts[5]) {
            guard view.count == 3, case .integer(let offset) = try value(view[1]),
                case .integer(let viewed) = try value(view[2]), offset >= 0, viewed >= 0, offset <= count,
                viewed <= count - offset
            else { throw fault("a view of a storage reaches beyond it", id) }
            elements = offset..<(offset + viewed)
        }
        return TorchStorage(
            key: key, dtype: dtype, elements: elements, elementCount: count, place: pickle.byteOffset(of: id))
    }

    // MARK: Parts

    /// A key of a dictionary or the name of a storage: text or a number; nil for anything else.
    func key(_ node: Pickle.Node) throws(FormatError) -> String? {
        switch try value(node) {
        case .text(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    func global(_ node: Pickle.Node) throws(FormatError) -> PickleGlobal? {
        if case .global(let global) = try value(node) { global } else { nil }
    }

    private func sequence(_ node: Pickle.Node) throws(FormatError) -> [Pickle.Node]? {
        switch try value(node) {
        case .list(let nodes), .tuple(let nodes): nodes
        default: nil
        }
    }

    /// Tuples alone: a list could still change after the tensor was made from it.
    func tuple(_ node: Pickle.Node) throws(FormatError) -> [Pickle.Node]? {
        switch try value(node) {
        case .tuple(let nodes): return nodes
        case .call(let made), .object(let made):
            guard let global = try global(made.callee), AllowedGlobal(global) == .size,
                case .tuple(let outer) = try value(made.arguments), outer.count == 1,
                case .tuple(let nodes) = try value(outer[0])
            else { return nil }
            return nodes
        default: return nil
        }
    }

    /// A tuple of integers, as many as a tensor may have dimensions.
    func integers(_ node: Pickle.Node) throws(FormatError) -> [Int]? {
        guard let nodes = try tuple(node), nodes.count <= Self.mostDimensions else { return nil }
        var integers: [Int] = []
        for node in nodes {
            guard case .integer(let value) = try value(node) else { return nil }
            integers.append(value)
        }
        return work.shared(integers)
    }

    func fault(
        _ problem: String, _ node: Pickle.Node, _ code: FormatError.Code = .corrupt
    ) -> FormatError {
        FormatError(
            code, problem, at: pickle.byteOffset(of: node),
            remedy: code == .corrupt
                ? "Do not trust this file; if you know its origin, fetch it again"
                : "Save the checkpoint again with plain dense tensors")
    }
}
