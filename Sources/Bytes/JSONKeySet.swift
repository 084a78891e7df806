/// The keys of one JSON object that were seen so far, equal when their bytes are.
///
/// `String` calls `"é"` and `"e\u{301}"` equal; JSON does not, and vocabularies hold both.
struct JSONKeySet: Sendable {
    /// Most objects have a few members: comparing those one by one is cheaper than hashing them.
    private static let listedCount = 8

    private var listed: [JSONKey] = []
    private var hashed: Set<JSONKey> = []

    /// How many keys may come, as far as the document's length tells.
    private let expectedCount: Int

    /// - Parameter byteCount: the bytes that hold the object, at most.
    init(byteCount: Int) {
        // A member takes some hundred bytes in the headers that have many; room that is not needed is not touched.
        expectedCount = min(byteCount / 96, JSONScanner.mostKeys)
    }

    /// Whether `key` was not there yet; it is afterwards.
    mutating func insert(_ key: String) -> Bool {
        let key = JSONKey(key)
        guard hashed.isEmpty else { return hashed.insert(key).inserted }
        guard !listed.contains(key) else { return false }
        listed.append(key)
        if listed.count > Self.listedCount {
            hashed = Set(minimumCapacity: expectedCount)
            hashed.formUnion(listed)
            listed = []
        }
        return true
    }
}

/// A key of a JSON object, equal to another when their UTF-8 bytes are.
struct JSONKey: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Self, right: Self) -> Bool { left.text.hasSameBytes(as: right.text) }

    func hash(into hasher: inout Hasher) {
        // The closure reads only inside the span it was given.
        unsafe text.utf8Span.span.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
