import Bytes

/// One instruction of a pickle with its argument, taken from the bytes and not yet followed.
struct PickleInstruction {
    let opcode: PickleOpcode
    /// Where it lies in the source.
    let place: Int
    /// The number that follows it, if one does.
    private(set) var number = 0
    /// The float that follows it, if one does.
    private(set) var float = 0.0
    /// The text that follows it, or the first of two lines.
    private(set) var text: [UInt8] = []
    /// The second line.
    private(set) var secondText: [UInt8] = []
    /// Where bytes that follow it lie in the source.
    private(set) var content = 0..<0

    /// The longest text, in bytes; names of tensors are a hundred thousand times shorter.
    static let longestText = 16 << 20
    /// The longest line, such as a module's name.
    static let longestLine = 64 << 10

    /// Takes the next instruction.
    /// - Throws: `FormatError` when there is none: an unknown byte, or an argument that is cut or too long.
    init(taking cursor: inout PickleCursor) throws {
        place = cursor.offset
        let byte = try cursor.takeByte()
        guard let opcode = PickleOpcode(rawValue: byte) else {
            throw FormatError(
                .corrupt, "byte \(byte) is no pickle instruction", at: place,
                remedy: "This is no pickle, or it is damaged: fetch the file again")
        }
        self.opcode = opcode
        switch opcode.argument {
        case .nothing: break
        case .number(let count): number = Int(truncatingIfNeeded: try cursor.takeNumber(count))
        case .signed: number = Int(Int32(truncatingIfNeeded: try cursor.takeNumber(4)))
        case .float: float = Double(bitPattern: try cursor.takeNumber(8).byteSwapped)
        case .counted(let count): try takeCounted(count, &cursor)
        case .line: text = try cursor.takeLine(atMost: Self.longestLine)
        case .lines:
            text = try cursor.takeLine(atMost: Self.longestLine)
            secondText = try cursor.takeLine(atMost: Self.longestLine)
        }
    }

    private mutating func takeCounted(_ width: Int, _ cursor: inout PickleCursor) throws {
        let announced = try cursor.takeNumber(width)
        guard announced <= UInt64(cursor.remaining) else {
            throw FormatError(
                .truncated, "\(announced) bytes are announced, \(cursor.remaining) remain", at: place,
                remedy: "The file was cut short or is damaged: fetch it again")
        }
        let count = Int(announced)
        content = cursor.offset..<(cursor.offset + count)
        guard opcode.isText else { return cursor.skip(count) }
        guard count <= Self.longestText else {
            throw FormatError(
                .unsupported, "a text of \(count) bytes; \(Self.longestText) are allowed", at: place,
                remedy: "Check which tool wrote the file")
        }
        text = try cursor.take(count)
    }
}
