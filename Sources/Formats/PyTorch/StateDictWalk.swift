import Bytes
import Pickles

/// All tensors in a pickle's value with their paths, found by walking through its dictionaries and lists.
struct StateDictWalk {
    /// One tensor, or what stands where one should.
    struct Found {
        /// The keys on the way to it, joined by dots.
        let path: String
        let content: Content
        let place: Int
        /// Whether all keys are text or numbers.
        let isNamed: Bool

        enum Content {
            case tensor(TorchTensor)
            case unreadable(String)
        }

        var byteCount: Int { if case .tensor(let tensor) = content { tensor.byteCount } else { 0 } }
    }

    /// A dictionary or list with tensors in it.
    struct Container {
        let path: String
        /// How many containers are around it.
        let depth: Int
        /// Its part of `found`.
        let found: Range<Int>
        let isNamed: Bool
    }

    fileprivate(set) var found: [Found] = []
    /// Outer ones before those inside them.
    fileprivate(set) var containers: [Container] = []
    /// Numbers and text in the outermost dictionary.
    fileprivate(set) var scalars: [(key: String, value: String)] = []
    /// Where something was passed over, because a global that is not on the list would make it; the first few.
    fileprivate(set) var opaque: [(path: String, global: PickleGlobal)] = []
    /// How many such things there are.
    fileprivate(set) var opaqueCount = 0
    /// How many containers were passed over, because the keys that lead to them are longer than any tensor's name.
    fileprivate(set) var unnamableCount = 0

    init(_ values: TorchValues, fileByteCount: Int) throws(FormatError) {
        var walker = StateDictWalker(values, fileByteCount: fileByteCount)
        try walker.visit(values.pickle.root, "", depth: 0, isNamed: true)
        self = walker.walk
    }

    fileprivate init() {}
}

/// Walks through a pickle. What it finds is kept apart from the pickle, which can then be let go.
private struct StateDictWalker {
    /// Containers inside each other. Models nest a few.
    private static let deepest = 100
    /// The places that messages list.
    static let mostListed = 8

    private(set) var walk = StateDictWalk()
    private let values: TorchValues
    /// The tensors, and the bytes of all paths, that are kept at most: a pickle may hold one tensor many times over.
    private let mostTensors: Int
    private let mostPathBytes: Int
    private var pathByteCount = 0

    /// - Parameter fileByteCount: the length of the whole file, in which every tensor has its own hundreds of bytes.
    init(_ values: TorchValues, fileByteCount: Int) {
        self.values = values
        mostTensors = 16_384 + fileByteCount / 128
        mostPathBytes = 8 << 20 + fileByteCount / 2
    }

    mutating func visit(
        _ node: Pickle.Node, _ path: String, depth: Int, isNamed: Bool
    ) throws(FormatError) {
        let meaning = try values.meaning(of: node)
        switch meaning {
        case .tensor(let tensor): try add(.tensor(tensor), path, node, isNamed)
        case .unreadable(let reason): try add(.unreadable(reason), path, node, isNamed)
        case .opaque(let global):
            walk.opaqueCount += 1
            if walk.opaque.count < Self.mostListed { walk.opaque.append((path.shortened, global)) }
        case .other: break
        case .scalar(let text):
            if depth == 1, isNamed { walk.scalars.append((path, text)) }
        case .dictionary, .sequence:
            guard depth < Self.deepest else {
                throw values.fault("more than \(Self.deepest) containers in each other, or one in itself", node)
            }
            guard path.utf8.count <= PlainName.longestTensorName else {
                walk.unnamableCount += 1
                return
            }
            let first = walk.found.count
            let place = walk.containers.count
            try visit(childrenOf: meaning, path, depth: depth + 1, isNamed: isNamed)
            guard walk.found.count > first else { return }
            try count(path, node)
            walk.containers.insert(
                StateDictWalk.Container(path: path, depth: depth, found: first..<walk.found.count, isNamed: isNamed),
                at: place)
        }
    }

    private mutating func visit(
        childrenOf meaning: TorchValues.Meaning, _ path: String, depth: Int, isNamed: Bool
    ) throws(FormatError) {
        func joined(_ key: String) -> String { depth == 1 ? key : path + "." + key }
        switch meaning {
        case .dictionary(let pairs):
            for pair in pairs {
                let key = try values.key(pair.key)
                try visit(pair.value, joined(key ?? "?"), depth: depth, isNamed: isNamed && key != nil)
            }
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() {
                try visit(node, joined(String(index)), depth: depth, isNamed: isNamed)
            }
        default: break
        }
    }

    private mutating func count(_ path: String, _ node: Pickle.Node) throws(FormatError) {
        pathByteCount += path.utf8.count
        guard walk.found.count < mostTensors, pathByteCount <= mostPathBytes else {
            throw FormatError(
                .refused,
                "\(walk.found.count) tensors with paths of \(pathByteCount) bytes are more than the file's size allows",
                at: values.pickle.byteOffset(of: node),
                remedy: "Do not trust this file; if you know its origin, fetch it again")
        }
    }

    private mutating func add(
        _ content: StateDictWalk.Found.Content, _ path: String, _ node: Pickle.Node, _ isNamed: Bool
    ) throws(FormatError) {
        try count(path, node)
        walk.found.append(
            StateDictWalk.Found(
                path: path, content: content, place: values.pickle.byteOffset(of: node), isNamed: isNamed))
    }
}
