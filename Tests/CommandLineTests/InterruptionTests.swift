import Bytes
import Foundation
import Testing

@testable import CommandLine

/// Several processes at one store, and processes that are stopped.
@Suite("Interruption", .timeLimit(.minutes(20))) struct InterruptionTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    /// Waits until the store has begun to take something in, or `running` has ended. Keeps its thread meanwhile:
    /// another test that got it might not give it back in time.
    private func waitUntilUnderway(_ running: Running) {
        let incoming = folder("home/incoming")
        while running.isRunning {
            let staged = (try? FileManager.default.subpathsOfDirectory(atPath: incoming)) ?? []
            if !staged.isEmpty { return }
            sched_yield()
        }
    }

    private func expectNothingStaged() throws {
        let staged = try FileManager.default.contentsOfDirectory(atPath: folder("home/incoming"))
        #expect(staged == [])
    }

    @Test("of a registration leaves nothing", arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func register(
        signal: Int32, exitCode: Int32
    ) throws {
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "small.safetensors"))
        let path = folder("large.safetensors")
        try TinyWeights.makeSparse(at: path, tensorCount: 500)
        let running = try ingot.start("register", path)
        waitUntilUnderway(running)
        running.send(signal)
        let outcome = try running.outcome()
        #expect(outcome.exitCode == exitCode)
        #expect(outcome.errors == "interrupted; nothing was changed\n")
        #expect(outcome.output == "")
        #expect(try ingot.succeeding("ls", "--json").json().arrayValue?.count == 1)
        try expectNothingStaged()
    }

    @Test("of a conversion leaves its source alone") func convert() throws {
        let path = folder("large.safetensors")
        try TinyWeights.makeSparse(at: path, tensorCount: 400)
        try ingot.succeeding("register", path)
        let before = try ingot.succeeding("show", "large", "--json").output
        let running = try ingot.start("convert", "large", "--to", "nf4")
        waitUntilUnderway(running)
        running.send(SIGINT)
        let outcome = try running.outcome()
        #expect(outcome.exitCode == 130)
        #expect(outcome.errors == "interrupted; nothing was changed\n")
        #expect(try ingot.succeeding("show", "large", "--json").output == before)
        try expectNothingStaged()
    }

    @Test("of an export leaves no half-written folder") func export() throws {
        let path = folder("large.safetensors")
        try TinyWeights.makeSparse(at: path, tensorCount: 200)
        try ingot.succeeding("register", path)
        let running = try ingot.start("export", "large", folder("out"))
        while running.isRunning, try exportedNames().isEmpty { sched_yield() }
        running.send(SIGINT)
        let outcome = try running.outcome()
        #expect([0, 130].contains(outcome.exitCode))
        if outcome.exitCode == 130 { #expect(try exportedNames() == []) }
    }

    /// What an export has put beside the store, under its final name or another.
    private func exportedNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("out") }
    }

    @Test("is not needed: two processes may register the same at once") func twoAtOnce() throws {
        let path = folder("large.safetensors")
        try TinyWeights.makeSparse(at: path, tensorCount: 8)
        let both = try (0..<2).map { _ in try ingot.start("register", path, "--json") }
        var outcomes: [String?] = []
        for running in both {
            let outcome = try running.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            outcomes.append(try outcome.json().arrayValue?[0]["outcome"]?.stringValue)
        }
        #expect(outcomes.contains("registered"))
        #expect(try ingot.succeeding("ls", "--json").json().arrayValue?.count == 1)
        #expect(try ingot.succeeding("verify", "--json").json()["damage"]?.arrayValue?.isEmpty == true)
    }
}

/// How a long act learns of a signal, in this process.
@Suite("Cancellation by signals", .serialized) struct SignalTests {
    @Test("comes with the first signal, and is told by number", arguments: [SIGINT, SIGTERM]) func cancels(
        signal: Int32
    ) async throws {
        let error = await #expect(throws: Interrupted.self) {
            try await Interruption.cancelling {
                kill(getpid(), signal)
                while true {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
        #expect(error?.signal == signal)
        #expect(error?.exitCode == 128 + signal)
    }

    @Test("does not come when the act is done before") func finishes() async throws {
        let value = try await Interruption.cancelling { 7 }
        #expect(value == 7)
    }

    @Test("leaves other errors alone") func otherErrors() async throws {
        await #expect(throws: ClosedPipe.self) { try await Interruption.cancelling { throw ClosedPipe() } }
    }
}
