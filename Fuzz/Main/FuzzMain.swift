import Bytes
import FuzzDriver
import ReaderExercises

/// `ingot-fuzz TARGET CPU-SECONDS ARGUMENT...`: lets libFuzzer feed one exercise, with its arguments. With files among
/// them instead of folders, each is tried once. `ingot-fuzz list` prints the targets, `ingot-fuzz TARGET tell FILE...`
/// what the reader says of files.
///
/// An input is a finding when it crashes the process, when the exercise says so, and when it takes more than
/// `secondsPerMegabyte` or `memoryAllowance`. Memory is what is on the heap beyond the input itself, which the harness
/// holds as a file would, while the file is read; time is the CPU's, of a build that is several times slower than a
/// release one.
@main struct FuzzMain {
    static let secondsPerMegabyte = 1.0
    static let memoryAllowance = 64 << 20
    /// What reading, writing again and comparing may take beside reading alone.
    static let checkFactor = 10.0

    private static let exercise = CommandLine.arguments.dropFirst().first.flatMap(Exercise.named)
    private static let cpuSeconds = CommandLine.arguments.dropFirst(2).first.flatMap(Double.init) ?? .infinity
    nonisolated(unsafe) private static var record = Record()

    static func main() {
        guard exercise != nil, CommandLine.arguments.count > 2 else {
            print(Exercise.all.map(\.name).joined(separator: "\n"))
            return
        }
        if CommandLine.arguments[2] == "tell" { return tell(CommandLine.arguments.dropFirst(3)) }
        fuzz_memory_install()
        var arguments = unsafe [CommandLine.unsafeArgv[0]]
        for index in 3..<max(3, Int(CommandLine.argc)) { unsafe arguments.append(CommandLine.unsafeArgv[index]) }
        var count = Int32(unsafe arguments.count)
        unsafe arguments.append(nil)
        unsafe arguments.withUnsafeMutableBufferPointer { buffer in
            var pointer = buffer.baseAddress
            let status = unsafe LLVMFuzzerRunDriver(&count, &pointer) { start, count in
                FuzzMain.run(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            }
            unsafe record.close()
            fuzz_leave(status)
        }
    }

    private static func tell(_ paths: ArraySlice<String>) {
        for path in paths {
            do {
                let file = try OpenFile(path)
                let outcome = exercise?.outcome(of: try file.bytes(0..<file.byteCount))
                print("\(path): \(outcome.map { "\($0)" } ?? "")")
            } catch {
                print("\(path): \(error)")
            }
        }
    }

    private static func run(_ bytes: [UInt8]) {
        guard let exercise else { return }
        fuzz_memory_restart()
        let start = fuzz_thread_seconds()
        var memory = 0, seconds = 0.0
        let outcome = exercise.outcome(of: bytes) {
            memory = Int(fuzz_memory_peak())
            seconds = fuzz_thread_seconds() - start
        }
        let checkedSeconds = fuzz_thread_seconds() - start
        unsafe record.add(byteCount: bytes.count, seconds: seconds, memory: memory, outcome)
        if case .fault(let text) = outcome { stop("FAULT: \(text)") }
        let allowed = secondsPerMegabyte * max(1, Double(bytes.count) / 1e6)
        if seconds > allowed { stop("SLOW: \(bytes.count) bytes took \(seconds) CPU seconds, \(allowed) are allowed") }
        if checkedSeconds > checkFactor * allowed {
            stop("SLOW: \(bytes.count) bytes took \(checkedSeconds) CPU seconds with all checks")
        }
        if memory > memoryAllowance + bytes.count {
            stop("MEMORY: \(bytes.count) bytes took \(memory), \(memoryAllowance + bytes.count) are allowed")
        }
        if cpuSeconds == .infinity { unsafe record.close() }
        if fuzz_process_seconds() > cpuSeconds {
            unsafe record.close()
            fuzz_leave(0)
        }
    }

    /// Ends the process in a way that libFuzzer keeps the input.
    private static func stop(_ text: String) {
        unsafe fuzz_say(text)
        unsafe record.close()
        fuzz_fail()
    }
}

/// What a run has seen.
struct Record {
    private var executions = 0
    private var accepted = 0
    private var slowest = (seconds: 0.0, byteCount: 0)
    private var largest = (memory: 0, byteCount: 0)

    mutating func add(byteCount: Int, seconds: Double, memory: Int, _ outcome: Exercise.Outcome) {
        executions += 1
        if outcome == .accepted { accepted += 1 }
        if seconds > slowest.seconds { slowest = (seconds, byteCount) }
        if memory > largest.memory { largest = (memory, byteCount) }
    }

    /// Says the figures.
    func close() {
        let milliseconds = (slowest.seconds * 1e5).rounded() / 100
        unsafe fuzz_say(
            """
            executions \(executions), accepted \(accepted), CPU seconds \(fuzz_process_seconds().rounded()), \
            slowest \(milliseconds) ms for \(slowest.byteCount) bytes, most memory \(largest.memory >> 10) KiB \
            for \(largest.byteCount) bytes, peak RSS \(fuzz_peak_resident_bytes() >> 20) MiB with the fuzzer's own
            """)
    }
}
