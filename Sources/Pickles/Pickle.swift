package import Bytes

/// A Python pickle as data: what it says, and nothing done.
package struct Pickle: Sendable {
    /// A value of a pickle, by its number. One value may be part of several others, and of itself.
    package struct Node: Hashable, Sendable {
        let index: PickleNodes.Index
    }

    /// A global and where its name stands first.
    package struct NamedGlobal: Hashable, Sendable {
        package let global: PickleGlobal
        /// The instruction that names it, from the source's start.
        package let byteOffset: Int
    }

    /// The whole value.
    package let root: Node
    /// The different globals, in the order in which they come.
    package let globals: [NamedGlobal]
    /// Where the pickle ends in its source.
    package let end: Int

    private let nodes: PickleNodes
    /// Where the pickle begins in its source.
    package let start: Int

    /// Reads the pickle at the start of `range`.
    /// - Parameter range: inside the source; the pickle may end before it.
    /// - Throws: `FormatError` when it is unsound or reaches a cap; never because of what its globals are.
    package init(reading source: any ByteSource, _ range: Range<Int>) throws {
        var cursor = PickleCursor(source, range)
        var machine = PickleMachine(start: range.lowerBound, fileByteCount: source.byteCount)
        var root: PickleNodes.Index?
        do {
            while root == nil {
                try machine.follow(try PickleInstruction(taking: &cursor))
                root = machine.root
            }
        } catch let error as FormatError {
            throw error.within(file: source.path)
        }
        self.root = Node(index: root ?? PickleNodes.none)
        globals = machine.globals.entries.map { NamedGlobal(global: $0.global, byteOffset: $0.place) }
        end = cursor.offset
        nodes = machine.nodes
        start = range.lowerBound
    }

    /// What a value is, with the values inside it by number.
    package func value(_ node: Node) -> PickleValue {
        let stored = nodes.nodes[Int(node.index)]
        var bits: UInt64 { UInt64(stored.first) | UInt64(stored.second) << 32 }
        switch stored.kind {
        case .none: return .none
        case .no: return .bool(false)
        case .yes: return .bool(true)
        case .integer: return .integer(Int(truncatingIfNeeded: bits))
        case .hugeInteger: return .hugeInteger
        case .float: return .float(Double(bitPattern: bits))
        case .text, .string: return text(of: node.index)
        case .bytes:
            let begin = start + Int(stored.first)
            return .bytes(begin..<(begin + Int(stored.second)))
        case .tuple: return .tuple(children(stored))
        case .frozenSet: return .set(children(stored))
        case .list: return .list(items(stored.first))
        case .set: return .set(items(stored.first))
        case .dictionary: return .dictionary(Self.pairs(items(stored.first)))
        case .global: return .global(globals[Int(stored.first)].global)
        case .call: return .call(object(stored))
        case .object: return .object(object(stored))
        case .persistent: return .persistent(Node(index: stored.first))
        }
    }

    /// Where the instruction that made a value stands; the pickle's start for constants and small numbers, which are
    /// made once.
    package func byteOffset(of node: Node) -> Int { start + Int(nodes.nodes[Int(node.index)].place) }

    /// How many values there are.
    package var valueCount: Int { nodes.nodes.count }

    /// Every persistent id, in the order in which they come.
    package var persistentIDs: [Node] {
        nodes.nodes.compactMap { $0.kind == .persistent ? Node(index: $0.first) : nil }
    }

    private func text(of index: PickleNodes.Index) -> PickleValue {
        guard let bytes = nodes.textBytes(of: index) else { return .none }
        // A Python 2 string may hold any bytes; those that are no text mean nothing here.
        return String(validating: bytes, as: UTF8.self).map(PickleValue.text) ?? .binaryString
    }

    private func children(_ stored: PickleNodes.Node) -> [Node] {
        nodes.children[Int(stored.first)..<(Int(stored.first) + Int(stored.second))].map(Node.init)
    }

    private func items(_ first: UInt32) -> [Node] { nodes.items(from: first).map(Node.init) }

    private static func pairs(_ items: [Node]) -> [PickleValue.Pair] {
        stride(from: 0, to: items.count - 1, by: 2).map { .init(key: items[$0], value: items[$0 + 1]) }
    }

    private func object(_ stored: PickleNodes.Node) -> PickleValue.Made {
        let object = nodes.objects[Int(stored.first)]
        return PickleValue.Made(
            callee: Node(index: object.callee), arguments: Node(index: object.arguments),
            state: object.state == PickleNodes.absent ? nil : Node(index: object.state), firstRun: object.firstRun)
    }

    /// What would be added one by one to the result of a call.
    package func items(of made: PickleValue.Made) -> [Node] { items(made.firstRun) }

    /// What would be added to the result of a call as keys and values.
    package func pairs(of made: PickleValue.Made) -> [PickleValue.Pair] { Self.pairs(items(made.firstRun)) }

    /// How many values stand directly in a value, or are added to the result of a call; of text, how many bytes it has.
    /// Asking costs nothing, while `value` copies them.
    package func size(of node: Node) -> Int { nodes.size(of: node.index) }
}

/// What a value of a pickle is.
package enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// An integer of more than 64 bits; its value is not kept.
    case hugeInteger
    case float(Double)
    case text(String)
    /// A string of Python 2 that is no text; its bytes are not kept.
    case binaryString
    /// Bytes, by where they lie in the source.
    case bytes(Range<Int>)
    case tuple([Pickle.Node])
    case list([Pickle.Node])
    case set([Pickle.Node])
    /// Keys and values in the order in which they were set; a key may come again.
    case dictionary([Pair])
    case global(PickleGlobal)
    /// A call that Python would make, and nobody has made here.
    case call(Made)
    /// An object that Python would make without calling its initializer.
    case object(Made)
    /// Something that is kept outside the pickle, by its id.
    case persistent(Pickle.Node)

    /// A key and its value.
    package struct Pair: Sendable {
        package let key: Pickle.Node
        package let value: Pickle.Node

        package init(key: Pickle.Node, value: Pickle.Node) {
            self.key = key
            self.value = value
        }
    }

    /// What would be called, and what would be done with the result. `Pickle.items(of:)` and `pairs(of:)` say what
    /// would be added to it.
    package struct Made: Sendable {
        /// The function or class.
        package let callee: Pickle.Node
        package let arguments: Pickle.Node
        /// What BUILD would give the object.
        package let state: Pickle.Node?
        let firstRun: UInt32
    }
}
