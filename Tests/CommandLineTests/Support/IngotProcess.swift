import Bytes
import Foundation
import Testing

/// Runs of the built `ingot`, each a process of its own.
struct IngotProcess: Sendable {
    /// Where the runs keep their store; nil leaves it to the environment.
    var home: String?
    /// The whole environment of the runs.
    var environment: [String: String] = ["HOME": "/nonexistent", "PATH": "/usr/bin:/bin"]

    init(home: String? = nil) { self.home = home }

    /// What a run left behind.
    struct Outcome: Sendable {
        /// What a shell would show: 128 and the signal's number when a signal ended it.
        var exitCode: Int32
        var output: String
        var errors: String

        /// The output as JSON.
        func json() throws -> JSONValue { try JSONValue(parsing: Array(output.utf8)) }
    }

    /// The built command: beside the test bundle, or where debug builds go when the bundle is run by another program.
    static let path: String = {
        let runner = URL(fileURLWithPath: Bundle.main.executablePath ?? Swift.CommandLine.arguments[0])
        let beside = runner.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("ingot").path
        let isBeside = FileManager.default.isExecutableFile(atPath: beside)
        return isBeside ? beside : Project.folder.appendingPathComponent(".build/debug/ingot").path
    }()

    /// Runs `ingot` with `arguments` to its end.
    @discardableResult func callAsFunction(_ arguments: String..., input: String = "") throws -> Outcome {
        try run(arguments, input: input)
    }

    /// Runs `ingot` with `arguments` to its end and expects that it succeeds.
    @discardableResult func succeeding(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(arguments)
        #expect(
            outcome.exitCode == 0, "ingot \(arguments.joined(separator: " ")): \(outcome.errors)",
            sourceLocation: sourceLocation)
        return outcome
    }

    /// Runs a line of `sh`, in which `$INGOT` is the command.
    func shell(_ line: String) throws -> Outcome {
        try Running(executable: "/bin/sh", arguments: ["-c", line], environment: allEnvironment, input: "").outcome()
    }

    /// Starts `ingot` and does not wait.
    func start(_ arguments: String...) throws -> Running {
        try Running(executable: Self.path, arguments: arguments, environment: allEnvironment, input: "")
    }

    func run(_ arguments: [String], input: String = "") throws -> Outcome {
        try Running(executable: Self.path, arguments: arguments, environment: allEnvironment, input: input).outcome()
    }

    private var allEnvironment: [String: String] {
        var variables = environment
        variables["INGOT"] = Self.path
        variables["INGOT_HOME"] = home
        // Sanitizers and toolchains outside the system's folders need it to find their libraries.
        variables["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        return variables
    }
}

/// A process that was started. Its output goes to files, so that no amount of it can block it.
final class Running {
    private let process = Process()
    private let folder: TemporaryFolder

    init(executable: String, arguments: [String], environment: [String: String], input: String) throws {
        folder = try TemporaryFolder()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: folder.write(Array(input.utf8), to: "input")))
        process.standardOutput = try handle("output")
        process.standardError = try handle("errors")
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// Sends a signal.
    func send(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end.
    func outcome() throws -> IngotProcess.Outcome {
        process.waitUntilExit()
        let wasKilled = process.terminationReason == .uncaughtSignal
        return IngotProcess.Outcome(
            exitCode: process.terminationStatus + (wasKilled ? 128 : 0), output: try text("output"),
            errors: try text("errors"))
    }

    private func handle(_ name: String) throws -> FileHandle {
        try FileHandle(forWritingTo: URL(fileURLWithPath: folder.write([], to: name)))
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder(name))), as: UTF8.self)
    }
}
