import Bytes

/// Lists the globals of one pickle, and goes on where reading it would stop.
///
/// While the pickle is sound, a name that is put together from several values is known, because the machine follows
/// every instruction. After a fault the instructions are only told apart: globals that are written out are still found,
/// and one that takes its name from the stack is listed without a name.
struct PickleScan {
    private(set) var globals: PickleGlobalTable
    /// What is wrong with the pickle, if anything is.
    private(set) var fault: FormatError?
    /// Where the pickle ends; nil when its end was not found.
    private(set) var end: Int?

    /// The name of a global whose name could not be found out.
    static let unknown = PickleGlobal(module: "?", name: "?")

    init(_ source: any ByteSource, _ range: Range<Int>) throws {
        var cursor = PickleCursor(source, range)
        var machine = PickleMachine(start: range.lowerBound, fileByteCount: source.byteCount)
        do {
            while machine.root == nil {
                let instruction = try PickleInstruction(taking: &cursor)
                do throws(FormatError) {
                    try machine.follow(instruction)
                } catch {
                    fault = error
                    globals = machine.globals
                    machine = PickleMachine(start: 0, fileByteCount: 0)
                    try goOn(from: instruction, &cursor)
                    return
                }
            }
            globals = machine.globals
        } catch let error as FormatError {
            fault = fault ?? error
            globals = machine.globals
            return
        }
        end = cursor.offset
    }

    /// Tells instructions apart up to the end of the pickle.
    private mutating func goOn(from first: PickleInstruction, _ cursor: inout PickleCursor) throws {
        var instruction = first
        while true {
            switch instruction.opcode {
            case .global, .instance: _ = globals.note(PickleGlobal(lines: instruction), at: instruction.place)
            case .extension1, .extension2, .extension4:
                _ = globals.note(PickleGlobal(extension: instruction), at: instruction.place)
            case .stackGlobal: _ = globals.note(Self.unknown, at: instruction.place)
            case .stop:
                end = cursor.offset
                return
            default: break
            }
            do {
                instruction = try PickleInstruction(taking: &cursor)
            } catch is FormatError {
                return
            }
        }
    }
}
