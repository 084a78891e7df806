/// The instructions of Python's pickles, protocols 0 to 5.
///
/// Source: CPython, `Lib/pickletools.py`, the list `opcodes`.
enum PickleOpcode: UInt8 {
    case mark = 0x28, stop = 0x2E, pop = 0x30, popMark = 0x31, duplicate = 0x32
    // Numbers and constants.
    case intLine = 0x49, longLine = 0x4C, floatLine = 0x46
    case int4 = 0x4A, int1 = 0x4B, int2 = 0x4D, long1 = 0x8A, long4 = 0x8B, float8 = 0x47
    case none = 0x4E, newTrue = 0x88, newFalse = 0x89
    // Text and bytes.
    case stringLine = 0x53, string4 = 0x54, string1 = 0x55
    case unicodeLine = 0x56, unicode4 = 0x58, unicode1 = 0x8C, unicode8 = 0x8D
    case bytes4 = 0x42, bytes1 = 0x43, bytes8 = 0x8E, byteArray8 = 0x96
    case nextBuffer = 0x97, readOnlyBuffer = 0x98
    // Containers.
    case emptyTuple = 0x29, tuple = 0x74, tuple1 = 0x85, tuple2 = 0x86, tuple3 = 0x87
    case emptyList = 0x5D, list = 0x6C, append = 0x61, appends = 0x65
    case emptyDictionary = 0x7D, dictionary = 0x64, setItem = 0x73, setItems = 0x75
    case emptySet = 0x8F, addItems = 0x90, frozenSet = 0x91
    // The memo.
    case getLine = 0x67, get1 = 0x68, get4 = 0x6A, putLine = 0x70, put1 = 0x71, put4 = 0x72, memoize = 0x94
    // What would run code.
    case global = 0x63, stackGlobal = 0x93, instance = 0x69, object = 0x6F, newObject = 0x81, newObjectEx = 0x92
    case reduce = 0x52, build = 0x62, extension1 = 0x82, extension2 = 0x83, extension4 = 0x84
    // Persistent ids, and remarks to the reader.
    case persistentLine = 0x50, persistent = 0x51, protocolNumber = 0x80, frame = 0x95

    /// What follows the instruction's byte; all numbers are little-endian but the float.
    enum Argument {
        case nothing
        /// An unsigned number of so many bytes.
        case number(Int)
        /// A signed number of four bytes.
        case signed
        /// A big-endian float of eight bytes.
        case float
        /// A count of so many bytes, and as many bytes as it says.
        case counted(Int)
        /// Text up to a line feed.
        case line
        /// Two lines.
        case lines
    }

    var argument: Argument {
        switch self {
        case .int1, .get1, .put1, .protocolNumber, .extension1: .number(1)
        case .int2, .extension2: .number(2)
        case .get4, .put4, .extension4: .number(4)
        case .frame: .number(8)
        case .int4: .signed
        case .float8: .float
        case .string1, .unicode1, .bytes1, .long1: .counted(1)
        case .string4, .unicode4, .bytes4, .long4: .counted(4)
        case .unicode8, .bytes8, .byteArray8: .counted(8)
        case .intLine, .longLine, .floatLine, .stringLine, .unicodeLine, .getLine, .putLine, .persistentLine: .line
        case .global, .instance: .lines
        default: .nothing
        }
    }

    /// Whether a counted argument is kept in memory, or only where it lies.
    var isText: Bool {
        switch self {
        case .string1, .string4, .unicode1, .unicode4, .unicode8, .long1, .long4: true
        default: false
        }
    }
}
