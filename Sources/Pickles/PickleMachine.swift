import Bytes

/// Follows the instructions of a pickle and makes values of them: nothing but nodes that say what the pickle says.
///
/// A global is a name, a call is a node with a name and arguments. Nothing is imported, looked up or called, so no
/// pickle can do more than fill the memory, and that is capped.
struct PickleMachine {
    /// Marks inside each other; as many levels of tuples in progress.
    static let deepest = 1000
    /// Values on the stack.
    static let highestStack = 1 << 20
    /// The memory for all values beyond the size of the file: values take less room than the bytes of a checkpoint.
    static let freeByteCount = 24 << 20

    /// Where the pickle begins; nodes count their places from here.
    let start: Int
    private let mostBytes: Int
    private(set) var nodes = PickleNodes()
    var globals = PickleGlobalTable()
    private var memo = PickleMemo()
    private var stack: [PickleNodes.Index] = []
    /// The heights of the stack at each mark.
    private var marks: [Int] = []
    /// The whole value, after the last instruction.
    private(set) var root: PickleNodes.Index?

    init(start: Int, fileByteCount: Int) {
        self.start = start
        mostBytes = Self.freeByteCount + fileByteCount
    }

    /// Follows one instruction.
    /// - Throws: `FormatError` when it does not fit what came before it, or a cap is reached.
    mutating func follow(_ instruction: PickleInstruction) throws(FormatError) {
        let place = instruction.place
        guard let relative = UInt32(exactly: place - start) else {
            throw fault("the pickle is longer than 4 GiB", at: place, .unsupported)
        }
        try pushLeaf(instruction, relative)
        guard stack.count <= Self.highestStack, marks.count <= Self.deepest else {
            throw fault(
                "the pickle nests \(marks.count) levels and \(stack.count) values; \(Self.deepest) and "
                    + "\(Self.highestStack) are allowed", at: place, .unsupported)
        }
        guard nodes.byteCount + memo.byteCount + globals.nameByteCount <= mostBytes else {
            throw fault("the pickle's values take more than \(mostBytes) bytes of memory", at: place, .unsupported)
        }
    }

    // MARK: Instructions

    /// Numbers, text and empty containers; hands all others on.
    private mutating func pushLeaf(
        _ instruction: PickleInstruction, _ place: UInt32
    ) throws(FormatError) {
        switch instruction.opcode {
        case .none: push(PickleNodes.none)
        case .newTrue: push(PickleNodes.yes)
        case .newFalse: push(PickleNodes.no)
        case .int1, .int2, .int4: push(nodes.add(integer: instruction.number, at: place))
        case .intLine, .longLine: push(try number(line: instruction, place))
        case .long1, .long4: push(number(twosComplement: instruction.text, place))
        case .float8: push(nodes.add(float: instruction.float, at: place))
        case .floatLine:
            guard let value = Double(String(decoding: instruction.text, as: UTF8.self)) else {
                throw fault("a line that should be a float is none", at: instruction.place)
            }
            push(nodes.add(float: value, at: place))
        case .unicode1, .unicode4, .unicode8: try push(text: instruction.text, instruction, place)
        case .unicodeLine:
            guard let text = PickleText.unescaped(instruction.text) else {
                throw fault("a text has a damaged escape", at: instruction.place)
            }
            push(nodes.add(.text, text: Array(text.utf8), at: place))
        case .string1, .string4: push(nodes.add(.string, text: instruction.text, at: place))
        case .stringLine:
            guard let bytes = PickleText.unquoted(instruction.text) else {
                throw fault("a string has no quotes or a damaged escape", at: instruction.place)
            }
            push(nodes.add(.string, text: bytes, at: place))
        case .bytes1, .bytes4, .bytes8, .byteArray8: try push(bytes: instruction, place)
        case .emptyTuple: push(PickleNodes.emptyTuple)
        case .emptyList: push(nodes.addContainer(.list, at: place))
        case .emptyDictionary: push(nodes.addContainer(.dictionary, at: place))
        case .emptySet: push(nodes.addContainer(.set, at: place))
        default: try gather(instruction, place)
        }
    }

    /// Containers, the stack and the memo; hands all others on.
    private mutating func gather(
        _ instruction: PickleInstruction, _ place: UInt32
    ) throws(FormatError) {
        let offset = instruction.place
        switch instruction.opcode {
        case .mark: marks.append(stack.count)
        case .pop where !marks.isEmpty && marks.last == stack.count: marks.removeLast()
        case .pop: _ = try pop(offset)
        case .popMark: _ = try popItems(offset)
        case .duplicate: push(try top(offset))
        case .tuple: push(nodes.add(.tuple, children: try popItems(offset)[...], at: place))
        case .tuple1: push(nodes.add(.tuple, children: try pop(1, offset)[...], at: place))
        case .tuple2: push(nodes.add(.tuple, children: try pop(2, offset)[...], at: place))
        case .tuple3: push(nodes.add(.tuple, children: try pop(3, offset)[...], at: place))
        case .frozenSet: push(nodes.add(.frozenSet, children: try popItems(offset)[...], at: place))
        case .list, .dictionary:
            let isList = instruction.opcode == .list
            let items = try popItems(offset)
            let container = nodes.addContainer(isList ? .list : .dictionary, at: place)
            push(container)
            try extend(isList ? [.list] : [.dictionary], with: items, pairs: !isList, offset)
        case .append: try extend([.list], with: try pop(1, offset), pairs: false, offset)
        case .appends: try extend([.list], with: try popItems(offset), pairs: false, offset)
        case .setItem: try extend([.dictionary], with: try pop(2, offset), pairs: true, offset)
        case .setItems: try extend([.dictionary], with: try popItems(offset), pairs: true, offset)
        case .addItems: try extend([.set], with: try popItems(offset), pairs: false, offset)
        case .put1, .put4: memo[instruction.number] = try top(offset)
        case .putLine: memo[try memoKey(instruction)] = try top(offset)
        case .memoize: memo[memo.count] = try top(offset)
        case .get1, .get4: try recall(instruction.number, offset)
        case .getLine: try recall(try memoKey(instruction), offset)
        default: try name(instruction, place)
        }
    }

    /// Globals, and what would be done with them.
    private mutating func name(_ instruction: PickleInstruction, _ place: UInt32) throws(FormatError) {
        let offset = instruction.place
        switch instruction.opcode {
        case .global: try pushGlobal(PickleGlobal(lines: instruction), offset)
        case .stackGlobal:
            let names = try pop(2, offset)
            guard let module = text(names[0]), let name = text(names[1]) else {
                throw fault("the name of a global is not text that stands in the pickle", at: offset, .refused)
            }
            try pushGlobal(PickleGlobal(module: module, name: name), offset)
        case .extension1, .extension2, .extension4: try pushGlobal(PickleGlobal(extension: instruction), offset)
        case .instance:
            let items = try popItems(offset)
            try pushGlobal(PickleGlobal(lines: instruction), offset)
            try pushObject(.object, callee: try pop(offset), arguments: items[...], place)
        case .object:
            let items = try popItems(offset)
            guard let callee = items.first else { throw fault("an object without a class", at: offset) }
            try pushObject(.object, callee: callee, arguments: items.dropFirst(), place)
        case .reduce, .newObject:
            let parts = try pop(2, offset)
            let object = PickleNodes.Object(callee: parts[0], arguments: parts[1])
            push(nodes.add(instruction.opcode == .reduce ? .call : .object, object, at: place))
        case .newObjectEx:
            let parts = try pop(3, offset)
            let object = PickleNodes.Object(callee: parts[0], arguments: parts[1], keywords: parts[2])
            push(nodes.add(.object, object, at: place))
        case .build:
            let state = try pop(offset)
            let target = try top(offset)
            guard [.call, .object].contains(nodes.nodes[Int(target)].kind), nodes.setState(of: target, to: state)
            else { throw fault("a state is given to what cannot have one, or has one", at: offset, .refused) }
        case .persistent: push(nodes.add(.persistent, try pop(offset), at: place))
        case .persistentLine:
            push(nodes.add(.persistent, nodes.add(.string, text: instruction.text, at: place), at: place))
        case .stop: root = try pop(offset)
        case .protocolNumber:
            guard instruction.number <= 5 else {
                throw fault("pickle protocol \(instruction.number); 0 to 5 are read", at: offset, .unsupported)
            }
        case .frame: break
        default: throw fault("a buffer is expected from outside the pickle", at: offset, .unsupported)
        }
    }

    // MARK: The stack

    /// No instruction reaches below the last mark.
    private var floor: Int { marks.last ?? 0 }

    private mutating func push(_ index: PickleNodes.Index) { stack.append(index) }

    private func top(_ offset: Int) throws(FormatError) -> PickleNodes.Index {
        guard stack.count > floor, let last = stack.last else { throw underflow(offset) }
        return last
    }

    private mutating func pop(_ offset: Int) throws(FormatError) -> PickleNodes.Index {
        guard stack.count > floor, let last = stack.popLast() else { throw underflow(offset) }
        return last
    }

    private mutating func pop(_ count: Int, _ offset: Int) throws(FormatError) -> [PickleNodes.Index] {
        guard stack.count - floor >= count else { throw underflow(offset) }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    /// All above the last mark, and the mark.
    private mutating func popItems(_ offset: Int) throws(FormatError) -> [PickleNodes.Index] {
        guard let mark = marks.popLast() else { throw underflow(offset) }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func extend(
        _ kinds: [PickleNodes.Kind], with items: [PickleNodes.Index], pairs: Bool, _ offset: Int
    ) throws(FormatError) {
        let target = try top(offset)
        guard (kinds + [.call, .object]).contains(nodes.nodes[Int(target)].kind) else {
            throw fault("elements are added to what is no container", at: offset)
        }
        guard !pairs || items.count.isMultiple(of: 2) else { throw fault("a key has no value", at: offset) }
        nodes.extend(target, with: items[...])
    }

    private mutating func recall(_ key: Int, _ offset: Int) throws(FormatError) {
        guard let index = memo[key] else { throw fault("nothing was kept under number \(key)", at: offset) }
        push(index)
    }

    private func memoKey(_ instruction: PickleInstruction) throws(FormatError) -> Int {
        guard let key = Int(String(decoding: instruction.text, as: UTF8.self)), key >= 0 else {
            throw fault("a line that should be a number is none", at: instruction.place)
        }
        return key
    }

    // MARK: Values

    private mutating func pushGlobal(_ global: PickleGlobal, _ offset: Int) throws(FormatError) {
        guard let index = globals.note(global, at: offset) else {
            throw fault("more than \(PickleGlobalTable.mostGlobals) different globals", at: offset, .unsupported)
        }
        push(nodes.add(.global, UInt32(index), at: UInt32(truncatingIfNeeded: offset - start)))
    }

    private mutating func pushObject(
        _ kind: PickleNodes.Kind, callee: PickleNodes.Index, arguments: ArraySlice<PickleNodes.Index>, _ place: UInt32
    ) throws(FormatError) {
        let tuple = nodes.add(.tuple, children: arguments, at: place)
        push(nodes.add(kind, PickleNodes.Object(callee: callee, arguments: tuple), at: place))
    }

    private mutating func push(
        text: [UInt8], _ instruction: PickleInstruction, _ place: UInt32
    ) throws(FormatError) {
        guard String(validating: text, as: UTF8.self) != nil else {
            throw fault("a text is not UTF-8", at: instruction.place)
        }
        push(nodes.add(.text, text: text, at: place))
    }

    private mutating func push(bytes instruction: PickleInstruction, _ place: UInt32) throws(FormatError) {
        guard let begin = UInt32(exactly: instruction.content.lowerBound - start),
            let count = UInt32(exactly: instruction.content.count)
        else { throw fault("the pickle is longer than 4 GiB", at: instruction.place, .unsupported) }
        push(nodes.add(.bytes, begin, count, at: place))
    }

    /// The text of a Unicode value or a Python 2 string, which Python 3 takes for text too.
    func text(_ index: PickleNodes.Index) -> String? {
        nodes.textBytes(of: index).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A decimal line; `00` and `01` are protocol 1's Booleans, and a long ends in `L`.
    private mutating func number(
        line instruction: PickleInstruction, _ place: UInt32
    ) throws(FormatError) -> PickleNodes.Index {
        var line = String(decoding: instruction.text, as: UTF8.self)
        if instruction.opcode == .intLine, line == "00" || line == "01" {
            return line == "01" ? PickleNodes.yes : PickleNodes.no
        }
        if instruction.opcode == .longLine, line.hasSuffix("L") { line.removeLast() }
        guard let value = Int(line) else { return nodes.add(.hugeInteger, 0, at: place) }
        return nodes.add(integer: value, at: place)
    }

    private mutating func number(twosComplement bytes: [UInt8], _ place: UInt32) -> PickleNodes.Index {
        guard bytes.count <= 8 else { return nodes.add(.hugeInteger, 0, at: place) }
        let isNegative = (bytes.last ?? 0) & 0x80 != 0
        let start: UInt64 = isNegative && bytes.count < 8 ? ~0 << (8 * UInt64(bytes.count)) : 0
        let bits = bytes.indices.reduce(start) { $0 | UInt64(bytes[$1]) << (8 * $1) }
        return nodes.add(integer: Int(truncatingIfNeeded: bits), at: place)
    }

    private func underflow(_ offset: Int) -> FormatError {
        fault("an instruction needs more values than there are", at: offset)
    }

    private func fault(_ problem: String, at offset: Int, _ code: FormatError.Code = .corrupt) -> FormatError {
        FormatError(
            code, problem, at: offset, remedy: "Do not trust this file; if you know its origin, fetch it again")
    }
}

extension PickleGlobal {
    /// The two lines of GLOBAL and INST.
    init(lines instruction: PickleInstruction) {
        self.init(
            module: String(decoding: instruction.text, as: UTF8.self),
            name: String(decoding: instruction.secondText, as: UTF8.self))
    }

    /// A number that stands for a global that Python has registered elsewhere.
    init(extension instruction: PickleInstruction) {
        self.init(module: "copyreg", name: "extension \(instruction.number)")
    }
}
