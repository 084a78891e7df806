import Bytes
import Foundation

/// A program that was run to its end, and what it cost by the kernel's account.
struct ChildProcess {
    let elapsed: Elapsed
    /// The greatest resident set, mapped pages included, in bytes.
    let peakByteCount: Int

    /// Runs a program with its output thrown away and its errors shown.
    /// - Throws: when it cannot be started, or does not exit with 0.
    static func run(_ arguments: [String], environment: [String: String]) throws -> ChildProcess {
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let start = Date()
        let identifier = try spawn(arguments, variables)
        var status: Int32 = 0
        var usage = rusage()
        // Both structures outlive the call, which fills them.
        while unsafe wait4(identifier, &status, 0, &usage) < 0 {
            guard errno == EINTR else { throw FileError("wait for", arguments[0], number: errno) }
        }
        guard status == 0 else { throw Failure(command: arguments.joined(separator: " "), status: status) }
        let processor = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
        }
        #if canImport(Darwin)
            let peak = usage.ru_maxrss
        #else
            let peak = usage.ru_maxrss * 1024
        #endif
        return ChildProcess(
            elapsed: Elapsed(wall: Date().timeIntervalSince(start), processor: processor), peakByteCount: peak)
    }

    /// A program did not end as it should.
    struct Failure: Error, CustomStringConvertible {
        let command: String
        let status: Int32
        var description: String { "'\(command)' ended with status \(status >> 8 & 0xFF), signal \(status & 0x7F)." }
    }

    private static func spawn(_ arguments: [String], _ variables: [String]) throws -> pid_t {
        // The copied strings live until the end of this function, which is after the program has started.
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var settings = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe words.forEach { unsafe free($0) }
            unsafe settings.forEach { unsafe free($0) }
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var identifier: pid_t = 0
        let problem = unsafe posix_spawn(&identifier, arguments[0], &actions, nil, &words, &settings)
        guard problem == 0 else { throw FileError("run", arguments[0], number: problem) }
        return identifier
    }
}
