import Bytes
import Foundation
import Testing

@testable import CommandLine

/// Many processes at one home, some stopped or killed.
@Suite("Concurrency", .serialized, .timeLimit(.minutes(20))) struct ConcurrencyTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    private var turn: String { folder("home/catalog.sqlite-turn") }

    private func weights(_ name: String, seed: UInt64) throws -> String {
        try folder.write(TinyWeights.file(seed: seed), to: "\(name).safetensors")
    }

    private func expectSound(_ ingot: IngotProcess) throws {
        #expect(try ingot.succeeding("verify", "--json").json()["damage"]?.arrayValue?.isEmpty == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder("home/incoming")) == [])
    }

    @Test("of eight processes leaves what each of them did", arguments: [nil, "network"])
    func eight(fileSystem: String?) throws {
        var ingot = ingot
        ingot.environment["INGOT_FILE_SYSTEM"] = fileSystem
        try ingot.succeeding("register", weights("base", seed: 1), "--as", "base")
        try ingot.succeeding("register", weights("old", seed: 2), "--as", "old")
        let running = [
            try ingot.start("register", try weights("a", seed: 3), "--as", "a"),
            try ingot.start("register", try weights("b", seed: 4), "--as", "b"),
            try ingot.start("register", try weights("base", seed: 1), "--as", "again"),
            try ingot.start("convert", "base", "--to", "nf4"),
            try ingot.start("ls"),
            try ingot.start("sql", "SELECT count(*) FROM artifact_summary"),
            try ingot.start("rm", "old"),
            try ingot.start("export", "base", folder("out")),
        ]
        for process in running {
            let outcome = try process.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
        }
        let query = "SELECT name || ':' || tag AS artifact FROM artifact_summary ORDER BY 1"
        let names = try ingot.succeeding("sql", "--output", "csv", query)
        let found = names.output.split(whereSeparator: \.isWhitespace)
        #expect(found == ["artifact", "a:latest", "again:latest", "b:latest", "base:latest", "base:nf4"])
        try expectSound(ingot)
    }

    @Test("makes a writer wait, say for whom, and give up in the end") func queues() throws {
        try ingot.succeeding("register", weights("a", seed: 1), "--as", "a")
        let claim = try #require(try Claim.attempt(turn, for: "register /data/llama", on: .local))
        let outcome = try ingot("tag", "a", "b:first", "--wait", "2.5")
        #expect(outcome.exitCode == 1)
        let holder = "process \(getpid()) (register /data/llama)"
        #expect(outcome.errors.contains("note: waiting for \(holder), which writes to"))
        #expect(outcome.errors.contains("\(holder) has been writing to"))
        #expect(outcome.errors.contains("--wait"))
        // Readers do not wait.
        for command in [["ls"], ["sql", "SELECT 1"], ["show", "a"], ["export", "a", folder("out")]] {
            #expect(try ingot.run(command + ["--wait", "0"]).exitCode == 0, "\(command)")
        }
        let quiet = try ingot("tag", "a", "b:first", "--wait", "0", "--quiet")
        #expect(quiet.exitCode == 1)
        #expect(quiet.errors.split(separator: "\n").count == 1)
        let waiting = try ingot.start("tag", "a", "b:first")
        claim.release()
        #expect(try waiting.outcome().exitCode == 0)
    }

    /// Stops a writer while it has the turn, after it has written down its name and its first bytes: one that only
    /// opens the catalog may hold a lock of SQLite's for the recovery of the log, which readers have to wait for.
    private func stopWriter(_ writer: Running) throws -> Bool {
        while writer.isRunning {
            writer.send(SIGSTOP)
            if Claim.record(of: turn)?.process.isStopped == true,
                try !FileManager.default.contentsOfDirectory(atPath: folder("home/incoming")).isEmpty,
                try Claim.attempt(turn, for: "look", on: .local) == nil
            {
                return true
            }
            writer.send(SIGCONT)
            sched_yield()
        }
        return false
    }

    @Test("goes on around a writer that is stopped, and after it was killed") func stopped() throws {
        try ingot.succeeding("register", weights("a", seed: 1), "--as", "a")
        let path = folder("large.safetensors")
        try TinyWeights.makeSparse(at: path, tensorCount: 300)
        let writer = try ingot.start("register", path)
        try #require(try stopWriter(writer))
        #expect(try ingot.succeeding("ls", "--json").json().arrayValue?.count == 1)
        #expect(try ingot("sql", "SELECT count(*) FROM artifact_summary").exitCode == 0)
        let waiting = try ingot("tag", "a", "b:first", "--wait", "2.2")
        #expect(waiting.exitCode == 1)
        #expect(waiting.errors.contains("is stopped: 'kill -CONT"))
        writer.send(SIGKILL)
        _ = try writer.outcome()
        try ingot.succeeding("tag", "a", "b:first", "--wait", "0")
        // What sweeps after it finds nothing damaged, and what is begun again ends.
        try ingot.succeeding("register", path)
        try expectSound(ingot)
    }

    @Test("of homes on a network file system works without write-ahead log, and with one again on a disk")
    func network()
        throws
    {
        var network = ingot
        network.environment["INGOT_FILE_SYSTEM"] = "network"
        let first = try network.succeeding("register", weights("a", seed: 1), "--as", "a")
        #expect(first.errors.contains("rollback journal"))
        #expect(try journalVersion() == 1)
        #expect(try !network.succeeding("convert", "a", "--to", "nf4").errors.contains("rollback journal"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder("home")).sorted()
        #expect(files == ["blobs", "catalog.sqlite", "incoming", "manifests"])
        for command in [
            ["ls"], ["sql", "SELECT 1 FROM artifact_summary"], ["export", "a", folder("out")], ["verify"],
        ] {
            #expect(try network.run(command).exitCode == 0, "\(command)")
        }
        // Moved to a disk, and back; there a reader comes first.
        try ingot.succeeding("tag", "a", "b:first")
        #expect(try journalVersion() == 2)
        #expect(try network.succeeding("ls", "--json").json().arrayValue?.count == 3)
        #expect(try journalVersion() == 1)
        try network.succeeding("rm", "a:nf4")
        try expectSound(network)
    }

    /// Bytes 18 and 19 of an SQLite database: 2 with a write-ahead log, 1 with a rollback journal.
    private func journalVersion() throws -> UInt8 {
        let bytes = try OpenFile(folder("home/catalog.sqlite")).bytes(18..<20)
        return bytes[0] == bytes[1] ? bytes[0] : 0
    }

    @Test("of a lease whose process was killed waits until it has expired") func expiry() throws {
        var network = ingot
        network.environment["INGOT_FILE_SYSTEM"] = "network"
        try network.succeeding("register", weights("a", seed: 1), "--as", "a")
        let claim = try #require(try Claim.attempt(turn, for: "x", on: .network("NFS")))
        #expect(try network("tag", "a", "b:first", "--wait", "0.1").exitCode == 1)
        let then = Date(timeIntervalSinceNow: -100)
        try FileManager.default.setAttributes([.modificationDate: then], ofItemAtPath: turn)
        try network.succeeding("tag", "a", "b:first", "--wait", "0.1")
        #expect(!claim.isHeld)
    }

    @Test("refuses a kind of file system that it does not know") func environment() throws {
        var other = ingot
        other.environment["INGOT_FILE_SYSTEM"] = "floppy"
        let outcome = try other("ls")
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains("'local' or 'network'"))
    }
}
