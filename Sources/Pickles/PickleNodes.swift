/// All values of a pickle in a few flat arrays, so that one may hold another any number of times, and itself, at no
/// cost. Nodes are named by their index.
struct PickleNodes: Sendable {
    typealias Index = UInt32

    /// One value, 16 bytes. What `first` and `second` are depends on the kind.
    struct Node {
        var first: UInt32 = 0
        var second: UInt32 = 0
        /// Where its instruction lies, counted from the pickle's start.
        var place: UInt32 = 0
        var kind: Kind
    }

    enum Kind: UInt8 {
        case none, no, yes
        /// The bits of an `Int` or a `Double`: low half, high half.
        case integer, float
        /// An integer of more than 64 bits.
        case hugeInteger
        /// Start and length in `text`: Unicode, or a Python 2 string.
        case text, string
        /// Start (from the pickle's start) and length in the file.
        case bytes
        /// Start and length in `children`.
        case tuple, frozenSet
        /// First and last of `runs`, whose children are elements, or keys and values in turn.
        case list, set, dictionary
        /// Index in the table of globals.
        case global
        /// Index in `objects`.
        case call, object
        /// The node of the id.
        case persistent
    }

    /// A stretch of children that were added to a container at once.
    struct Run {
        var start: UInt32
        var count: UInt32
        var next: UInt32
        /// Of a container's first run: the children of all its runs.
        var total: UInt32 = 0
    }

    /// What a pickle wants to be called or made.
    struct Object {
        var callee: Index
        var arguments: Index
        /// Keyword arguments.
        var keywords = PickleNodes.absent
        /// What BUILD gives it.
        var state = PickleNodes.absent
        var firstRun = PickleNodes.absent
        var lastRun = PickleNodes.absent
    }

    static let absent = UInt32.max
    static let none: Index = 0
    static let no: Index = 1
    static let yes: Index = 2
    static let emptyTuple: Index = 3
    /// The node of the number 0; those up to 255 follow.
    private static let zero: Index = 4

    private(set) var nodes: [Node]
    private(set) var children: [Index] = []
    private(set) var runs: [Run] = []
    private(set) var objects: [Object] = []
    private(set) var text: [UInt8] = []

    init() {
        nodes = [Node(kind: .none), Node(kind: .no), Node(kind: .yes), Node(kind: .tuple)]
        nodes += (0..<256).map { Node(first: $0, kind: .integer) }
    }

    /// What all of it takes in memory, nearly.
    var byteCount: Int {
        nodes.count * MemoryLayout<Node>.stride + children.count * MemoryLayout<Index>.stride
            + runs.count * MemoryLayout<Run>.stride + objects.count * MemoryLayout<Object>.stride + text.count
    }

    mutating func add(_ kind: Kind, _ first: UInt32, _ second: UInt32 = 0, at place: UInt32) -> Index {
        nodes.append(Node(first: first, second: second, place: place, kind: kind))
        return Index(nodes.count - 1)
    }

    mutating func add(integer value: Int, at place: UInt32) -> Index {
        if (0...255).contains(value) { return Self.zero + Index(value) }
        return addWide(.integer, UInt64(bitPattern: Int64(value)), at: place)
    }

    mutating func add(float value: Double, at place: UInt32) -> Index { addWide(.float, value.bitPattern, at: place) }

    private mutating func addWide(_ kind: Kind, _ bits: UInt64, at place: UInt32) -> Index {
        add(kind, UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32), at: place)
    }

    mutating func add(_ kind: Kind, text bytes: some Collection<UInt8>, at place: UInt32) -> Index {
        text.append(contentsOf: bytes)
        return add(kind, UInt32(text.count - bytes.count), UInt32(bytes.count), at: place)
    }

    mutating func add(_ kind: Kind, children items: ArraySlice<Index>, at place: UInt32) -> Index {
        if kind == .tuple, items.isEmpty { return Self.emptyTuple }
        children.append(contentsOf: items)
        return add(kind, UInt32(children.count - items.count), UInt32(items.count), at: place)
    }

    mutating func add(_ kind: Kind, _ object: Object, at place: UInt32) -> Index {
        objects.append(object)
        return add(kind, UInt32(objects.count - 1), at: place)
    }

    mutating func addContainer(_ kind: Kind, at place: UInt32) -> Index {
        add(kind, Self.absent, Self.absent, at: place)
    }

    /// Adds elements, or keys and values in turn, to a container or an object.
    mutating func extend(_ index: Index, with items: ArraySlice<Index>) {
        guard !items.isEmpty else { return }
        let node = nodes[Int(index)]
        let isObject = node.kind == .call || node.kind == .object
        let first = isObject ? objects[Int(node.first)].firstRun : node.first
        let last = isObject ? objects[Int(node.first)].lastRun : node.second
        if first != Self.absent { runs[Int(first)].total += UInt32(items.count) }
        let start = children.count
        children.append(contentsOf: items)
        if last != Self.absent, Int(runs[Int(last)].start + runs[Int(last)].count) == start {
            runs[Int(last)].count += UInt32(items.count)
            return
        }
        let added = UInt32(runs.count)
        runs.append(
            Run(
                start: UInt32(start), count: UInt32(items.count), next: Self.absent,
                total: last == Self.absent ? UInt32(items.count) : 0))
        if last != Self.absent { runs[Int(last)].next = added }
        if isObject {
            if last == Self.absent { objects[Int(node.first)].firstRun = added }
            objects[Int(node.first)].lastRun = added
        } else {
            if last == Self.absent { nodes[Int(index)].first = added }
            nodes[Int(index)].second = added
        }
    }

    /// Gives an object its state; false when it has one.
    mutating func setState(of index: Index, to state: Index) -> Bool {
        let object = Int(nodes[Int(index)].first)
        guard objects[object].state == Self.absent else { return false }
        objects[object].state = state
        return true
    }

    /// All children of a chain of runs.
    func items(from first: UInt32) -> [Index] {
        var items: [Index] = []
        var next = first
        while next != Self.absent {
            let run = runs[Int(next)]
            items += children[Int(run.start)..<Int(run.start + run.count)]
            next = run.next
        }
        return items
    }

    /// How many children a value has; of a text, how many bytes.
    func size(of index: Index) -> Int {
        let node = nodes[Int(index)]
        switch node.kind {
        case .tuple, .frozenSet, .text, .string: return Int(node.second)
        case .list, .set, .dictionary: return total(node.first)
        case .call, .object: return total(objects[Int(node.first)].firstRun)
        default: return 0
        }
    }

    private func total(_ first: UInt32) -> Int { first == Self.absent ? 0 : Int(runs[Int(first)].total) }

    /// The bytes of a text or a Python 2 string; nil for anything else.
    func textBytes(of index: Index) -> ArraySlice<UInt8>? {
        let node = nodes[Int(index)]
        guard node.kind == .text || node.kind == .string else { return nil }
        return text[Int(node.first)..<(Int(node.first) + Int(node.second))]
    }
}
