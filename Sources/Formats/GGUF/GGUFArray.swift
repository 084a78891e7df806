/// An array of a GGUF file's metadata: the bytes of its elements, and what they are.
///
/// Vocabularies have hundreds of thousands of elements, so these are taken out of the bytes only when somebody asks.
package struct GGUFArray: Hashable, Sendable {
    /// What each element is.
    package let elementType: GGUFValueType
    package let count: Int
    /// The elements one behind the other, little-endian, as a file holds them: strings with their lengths, arrays with
    /// their types and counts. Checked: reading `count` elements ends at the end.
    package let content: [UInt8]

    /// - Parameter content: `count` whole elements of the type, little-endian, checked.
    init(checked elementType: GGUFValueType, count: Int, content: [UInt8]) {
        self.elementType = elementType
        self.count = count
        self.content = content
    }

    /// An array of strings.
    package init(strings: [String]) { self.init(byteStrings: strings.map { Array($0.utf8) }) }

    /// An array of strings that need not be UTF-8.
    package init(byteStrings: [[UInt8]]) {
        var writer = GGUFWriter()
        for bytes in byteStrings { writer.append(string: bytes) }
        self.init(checked: .string, count: byteStrings.count, content: writer.bytes)
    }

    package init(float32 values: [Float]) {
        var writer = GGUFWriter()
        for value in values { writer.append(value.bitPattern) }
        self.init(checked: .float32, count: values.count, content: writer.bytes)
    }

    package init(int32 values: [Int32]) { self.init(.int32, values) }
    package init(uint32 values: [UInt32]) { self.init(.uint32, values) }
    package init(uint8 values: [UInt8]) { self.init(checked: .uint8, count: values.count, content: values) }

    package init(booleans: [Bool]) {
        self.init(checked: .bool, count: booleans.count, content: booleans.map { $0 ? 1 : 0 })
    }

    private init(_ type: GGUFValueType, _ values: [some FixedWidthInteger]) {
        var writer = GGUFWriter()
        for value in values { writer.append(value) }
        self.init(checked: type, count: values.count, content: writer.bytes)
    }

    /// The strings' bytes; nil when the elements are no strings.
    package var byteStrings: [[UInt8]]? {
        guard elementType == .string else { return nil }
        var strings: [[UInt8]] = []
        strings.reserveCapacity(count)
        forEachString { strings.append(Array($0)) }
        return strings
    }

    /// The strings, with U+FFFD for what is not UTF-8; nil when the elements are no strings.
    package var strings: [String]? {
        guard elementType == .string else { return nil }
        var strings: [String] = []
        strings.reserveCapacity(count)
        forEachString { strings.append(String(decoding: $0, as: UTF8.self)) }
        return strings
    }

    /// The elements as integers; nil when they are none, or when one does not fit.
    package var integers: [Int]? { collected { $0.integer } }

    /// The elements as numbers; nil when they are none.
    package var numbers: [Double]? { collected { $0.number } }

    /// The elements as Booleans; nil when they are none.
    package var booleans: [Bool]? { elementType == .bool ? content.map { $0 != 0 } : nil }

    /// The elements as values.
    package var values: [GGUFValue] { prefix(count) }

    /// The first elements.
    package func prefix(_ most: Int) -> [GGUFValue] {
        var values: [GGUFValue] = []
        var place = 0
        for _ in 0..<min(most, count) { values.append(GGUFValue(elementType, in: content, at: &place)) }
        return values
    }

    /// Calls `body` with the bytes of each string in turn.
    package func forEachString(_ body: (ArraySlice<UInt8>) -> Void) {
        guard elementType == .string else { return }
        var place = 0
        for _ in 0..<count {
            let end = place + 8 + Int(GGUFWords.word(UInt64.self, in: content, at: place))
            body(content[place + 8..<end])
            place = end
        }
    }

    private func collected<Element>(_ element: (GGUFValue) -> Element?) -> [Element]? {
        guard elementType != .string, elementType != .array else { return nil }
        var result: [Element] = []
        result.reserveCapacity(count)
        var place = 0
        for _ in 0..<count {
            guard let value = element(GGUFValue(elementType, in: content, at: &place)) else { return nil }
            result.append(value)
        }
        return result
    }
}
