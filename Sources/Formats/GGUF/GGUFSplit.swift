package import Bytes

/// Which part of a split model a GGUF file is, as its metadata says.
package struct GGUFSplit: Hashable, Sendable {
    static let numberKey = "split.no"
    static let countKey = "split.count"
    static let tensorCountKey = "split.tensors.count"
    /// The keys that only parts have.
    package static let keys = [numberKey, countKey, tensorCountKey]

    /// The part's number, from 0 on.
    package let number: Int
    /// How many parts the model has.
    package let count: Int
    /// The tensors of all parts.
    package let tensorCount: Int

    package init(number: Int, count: Int, tensorCount: Int) {
        self.number = number
        self.count = count
        self.tensorCount = tensorCount
    }

    /// Nil for a file that is whole.
    /// - Throws: `FormatError` when the keys contradict each other.
    package init?(_ metadata: GGUFMetadata) throws(FormatError) {
        let values = Self.keys.map { metadata[$0] }
        guard values.contains(where: { $0 != nil }) else { return nil }
        guard let number = values[0]?.integer, let count = values[1]?.integer, let tensorCount = values[2]?.integer,
            tensorCount >= 0, number >= 0, number < max(count, 1)
        else {
            let shown = zip(Self.keys, values).map { "\($0) \($1?.shownText ?? "missing")" }.joined(separator: ", ")
            throw FormatError(
                .corrupt, "the keys of a split model contradict each other: \(shown)", at: 0,
                remedy: "Split the model again")
        }
        guard count > 1 else { return nil }
        self.init(number: number, count: count, tensorCount: tensorCount)
    }

    /// The keys and values that say so, in the reference writer's order and types.
    var entries: [(String, GGUFValue)] {
        [
            (Self.numberKey, .uint16(UInt16(clamping: number))), (Self.countKey, .uint16(UInt16(clamping: count))),
            (Self.tensorCountKey, .int32(Int32(clamping: tensorCount))),
        ]
    }
}

/// The name of a part's file, as llama.cpp expects it: `PREFIX-00001-of-00003.gguf`, counted from 1.
package struct GGUFPartName: Hashable, Sendable, CustomStringConvertible {
    /// What all parts begin with; a path too.
    package let prefix: String
    /// From 1 on.
    package let number: Int
    package let count: Int

    package init(prefix: String, number: Int, count: Int) {
        self.prefix = prefix
        self.number = number
        self.count = count
    }

    /// Nil when `name` is no such name.
    package init?(_ name: String) {
        let ending = ".gguf"
        guard name.hasSuffix(ending) else { return nil }
        let parts = name.dropLast(ending.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of", let number = Self.number(parts[parts.count - 3]),
            let count = Self.number(parts[parts.count - 1]), number <= count
        else { return nil }
        self.init(prefix: parts.dropLast(3).joined(separator: "-"), number: number, count: count)
    }

    private static func number(_ digits: Substring) -> Int? {
        guard digits.count >= 5, digits.count <= 9, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(digits).flatMap { $0 > 0 ? $0 : nil }
    }

    package var description: String { "\(prefix)-\(Self.padded(number))-of-\(Self.padded(count)).gguf" }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
