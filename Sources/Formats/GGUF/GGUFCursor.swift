import Bytes

/// Reads a GGUF header in order, through a window: a model's tensors are never read, and each length is compared with
/// the bytes that remain before anything is made for it.
struct GGUFCursor {
    /// How much is read at a time.
    static let windowByteCount = 1 << 19

    private let source: any ByteSource
    private var window: [UInt8] = []
    /// Where the window starts in the file.
    private var windowStart = 0
    /// The next byte, in the window.
    private var place = 0
    /// The bytes of the window that hold the file's.
    private var filled = 0
    /// Whether numbers start with their highest byte.
    var isBigEndian = false

    init(_ source: any ByteSource) { self.source = source }

    /// The next byte's place in the file.
    var offset: Int { windowStart + place }
    /// The bytes behind it.
    var remaining: Int { source.byteCount - offset }

    mutating func takeUInt32(_ what: @autoclosure () -> String) throws -> UInt32 {
        try require(4, what)
        let word: UInt32 = load()
        place += 4
        return word
    }

    mutating func takeUInt64(_ what: @autoclosure () -> String) throws -> UInt64 {
        try require(8, what)
        let word: UInt64 = load()
        place += 8
        return word
    }

    /// The length of a string, which the rest of the file can hold.
    mutating func takeStringByteCount(_ what: @autoclosure () -> String) throws -> Int {
        let start = offset
        let stated = try takeUInt64("the length of \(what())")
        guard stated <= UInt64(remaining) else {
            throw FormatError(
                .truncated, "\(what()) has \(stated) bytes, but the file only \(remaining) more", at: start,
                remedy: "Fetch the file again")
        }
        return Int(stated)
    }

    /// A name or key.
    struct Name {
        let text: String
        /// Whether it only has visible characters of ASCII.
        let isVisibleASCII: Bool
    }

    /// A name or key; nil when it is not UTF-8.
    mutating func takeName(_ byteCount: Int, _ what: @autoclosure () -> String) throws -> Name? {
        try require(byteCount, what)
        let range = place..<place + byteCount
        place += byteCount
        let isVisible = range.allSatisfy { window[$0] >= 0x20 && window[$0] < 0x7F }
        if isVisible { return Name(text: String(decoding: window[range], as: UTF8.self), isVisibleASCII: true) }
        return String(validating: window[range], as: UTF8.self).map { Name(text: $0, isVisibleASCII: false) }
    }

    /// The next bytes, however many; the caller has compared their count with the rest of the file.
    mutating func takeBytes(_ count: Int) throws -> [UInt8] {
        let start = offset
        try skip(count)
        return try bytes(start..<start + count)
    }

    /// Bytes that were passed before.
    func bytes(_ range: Range<Int>) throws -> [UInt8] {
        if range.lowerBound >= windowStart, range.upperBound <= windowStart + filled {
            return Array(window[range.lowerBound - windowStart..<range.upperBound - windowStart])
        }
        return try source.bytes(range)
    }

    /// Passes bytes; the caller has compared their count with the rest of the file.
    mutating func skip(_ count: Int) throws {
        if count <= filled - place {
            place += count
        } else {
            windowStart = offset + count
            place = 0
            filled = 0
        }
    }

    /// Makes the next `count` bytes stand in the window.
    /// - Throws: `FormatError` when the file ends before.
    private mutating func require(_ count: Int, _ what: () -> String) throws {
        guard count > filled - place else { return }
        guard count <= remaining else {
            throw FormatError(
                .truncated, "the file ends within \(what())", at: offset, remedy: "Fetch the file again")
        }
        windowStart = offset
        place = 0
        filled = min(max(count, Self.windowByteCount), source.byteCount - windowStart)
        if window.count < filled { window = [UInt8](repeating: 0, count: filled) }
        try source.read(filled, at: windowStart, into: &window)
    }

    private func load<Word: FixedWidthInteger & BitwiseCopyable>() -> Word {
        // An integer may have any bits, and the span checks that the bytes lie in it.
        let word = unsafe window.span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: Word.self)
        return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
    }
}
