import Bytes
import Foundation
import Testing

@testable import CommandLine
@testable import Registry

/// The commands that keep the store sound and small, through the built command.
@Suite("Store keeping", .timeLimit(.minutes(20))) struct KeepingTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        try ingot.succeeding("convert", "tiny", "--to", "nf4")
    }

    /// Turns a bit of the largest blob around.
    private func damage() throws -> String {
        let blobs = folder("home/blobs")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: blobs).map { blobs + "/" + $0 }
            .filter { !Folder.isFolder($0) }
        let sizes = paths.map { Int(FileIdentity(path: $0)?.byteCount ?? 0) }
        let path = try #require(zip(paths, sizes).max { ($0.1, $0.0) < ($1.1, $1.0) }).0
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 3] ^= 4
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try bytes.write(to: URL(fileURLWithPath: path))
        return URL(fileURLWithPath: path).lastPathComponent
    }

    @Test("finds damage, says what it touches, and mends it from a folder") func repair() throws {
        let blob = try damage()
        let verified = try ingot("verify")
        #expect(verified.exitCode == 1)
        #expect(verified.output.contains(blob))
        #expect(verified.output.contains("tensor 'model.embed_tokens.weight'"))
        #expect(verified.output.contains("next: ingot repair --all"))
        let alone = try ingot("repair", "--all")
        #expect(alone.exitCode == 1)
        #expect(alone.output.contains("name its source with 'ingot repair --from \(Project.tinyLlama)'"))
        let mended = try ingot.succeeding("repair", "--from", Project.tinyLlama)
        #expect(mended.output.contains("mended 1 blob"))
        #expect(try ingot.succeeding("verify").output.contains("all bytes are as they were registered"))
        #expect(try ingot.succeeding("repair").output.contains("nothing to mend"))
    }

    @Test("says with which seed a sample was drawn, and goes on where a run was stopped") func sample() throws {
        let drawn = try ingot.succeeding("verify", "--sample", "10%")
        #expect(drawn.output.contains("seed "))
        try ingot.succeeding("verify", "--since", "1h")
        #expect(try ingot.succeeding("verify", "--since", "1h").output.contains("verified 2 artifacts, 0 blobs"))
    }

    @Test("proves, evicts and brings back a variant") func evict() throws {
        #expect(try ingot.succeeding("verify", "--rederive", "tiny:nf4").output.hasPrefix("proven: tiny:nf4"))
        #expect(try ingot.succeeding("evict", "tiny:nf4").output.contains("it comes back from tiny"))
        #expect(try ingot.succeeding("ls").output.contains("evicted"))
        #expect(try ingot.succeeding("show", "tiny:nf4").output.contains("derived again when they are needed"))
        let refused = try ingot("rm", "tiny")
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("tiny:nf4 is evicted"))
        try ingot.succeeding("export", "tiny:nf4", folder("out"))
        #expect(try !ingot.succeeding("ls").output.contains("evicted"))
    }

    @Test("says what gc would do, and does it") func collect() throws {
        try Data("keep:\n  kinds: [checkpoint]\n".utf8).write(to: URL(fileURLWithPath: folder("keep.yaml")))
        let plan = try ingot.succeeding("gc", "--dry-run", "--keep-rules", folder("keep.yaml"))
        #expect(plan.output.contains("artifact tiny:nf4"))
        #expect(plan.output.contains("would free"))
        #expect(try ingot.succeeding("ls", "--json").json().arrayValue?.count == 2)
        let done = try ingot.succeeding("gc", "--keep-rules", folder("keep.yaml"))
        func bytes(_ text: String) -> Substring? { text.split(separator: "(").dropFirst().first?.prefix { $0 != " " } }
        let summary = { (outcome: IngotProcess.Outcome) in
            outcome.output.split(separator: "\n").last.map(String.init) ?? ""
        }
        #expect(bytes(summary(plan)) == bytes(summary(done)))
        #expect(try ingot.succeeding("ls", "--json").json().arrayValue?.count == 1)
        #expect(try ingot.succeeding("gc").output.hasPrefix("freed 0 B"))
    }

    @Test("takes nothing from a registration that runs meanwhile") func concurrent() throws {
        // Tensors of 64 KiB, each with other bytes, so that each is a blob of its own.
        let count = 600, each = 65_536
        let entries = (0..<count).map {
            #""t\#($0)":{"dtype":"U8","shape":[65536],"data_offsets":[\#($0 * each),\#(($0 + 1) * each)]}"#
        }
        var data = [UInt8](repeating: 5, count: count * each)
        for number in 0..<count {
            data[number * each] = UInt8(truncatingIfNeeded: number)
            data[number * each + 1] = UInt8(truncatingIfNeeded: number >> 8)
        }
        let file = TinyWeights.file(header: "{" + entries.joined(separator: ",") + "}", data: data)
        let running = try ingot.start("register", try folder.write(file, to: "many.safetensors"))
        var rounds = 0
        while running.isRunning {
            #expect(try ingot.succeeding("gc", "--json").json()["freed_bytes"]?.intValue == 0)
            rounds += 1
        }
        let outcome = try running.outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(rounds > 0)
        #expect(try ingot.succeeding("verify", "--json").json()["damage"]?.arrayValue == [])
        #expect(try ingot.succeeding("gc", "--json").json()["items"]?.arrayValue == [])
    }

    @Test("keeps to a limit") func quota() throws {
        try ingot.succeeding("home", "--max-size", "1MB")
        let refused = try ingot("convert", "tiny", "--to", "fp4")
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("may hold 1000000"))
        #expect(refused.errors.contains("ingot evict tiny:nf4"))
        #expect(try ingot.succeeding("home").output.contains("limit         1.0 MB"))
        try ingot.succeeding("home", "--max-size", "none")
        try ingot.succeeding("convert", "tiny", "--to", "fp4")
    }

    @Test("backs the catalog up and restores it, and makes it again from manifests") func catalog() throws {
        let before = try ingot.succeeding("ls", "--json").output
        try ingot.succeeding("backup", folder("backup"))
        #expect(try ingot("backup", folder("backup")).exitCode == 1)
        for suffix in ["", "-wal", "-shm"] { try Folder.removeTree(folder("home/catalog.sqlite") + suffix) }
        try ingot.succeeding("repair", "--catalog")
        #expect(try ingot.succeeding("ls", "--json").output == before)
        #expect(try ingot("repair", "--catalog").errors.contains("is sound"))
        #expect(try ingot("backup", "--restore", folder("backup")).errors.contains("has a catalog already"))
        try ingot.succeeding("rm", "tiny:nf4")
        try ingot.succeeding("backup", "--restore", folder("backup"), "--force")
        #expect(try ingot.succeeding("ls", "--json").output == before)
    }

    @Test(
        "refuses what contradicts itself",
        arguments: [
            ["verify", "tiny", "--all"], ["verify", "--sample", "5%", "--since", "1d"], ["verify", "--seed", "1"],
            ["verify", "--rederive"], ["verify", "--sample", "5"], ["verify", "--sample", "0%"],
            ["verify", "--since", "soon"], ["repair", "--catalog", "tiny"], ["repair", "--force"],
            ["gc", "--keep-rules", "a", "--drop-where", "b"], ["evict"], ["evict", "tiny", "--undo", "--unproven"],
            ["backup", "x", "--force"], ["backup", "--restore", "x", "--with-blobs", "y"],
            ["home", "--max-size", "big"],
        ])
    func misuse(arguments: [String]) throws {
        #expect(try ingot.run(arguments).exitCode == 64, "\(arguments)")
    }

    @Test("makes no home where there is none", arguments: [["gc"], ["verify"], ["repair", "--all"], ["evict", "x"]])
    func nowhere(arguments: [String]) throws {
        let other = IngotProcess(home: folder("nowhere"))
        #expect(try other.run(arguments).exitCode == 1)
        #expect(!Folder.exists(folder("nowhere")))
    }

    @Test("sums up what was read, mended and removed") func summaries() {
        var report = Samples.verify
        report.damage = []
        report.selection = "sample"
        report.seed = 7
        report.skippedBlobs = 3
        #expect(report.summary.contains("  sample  seed 7; 3 blobs not drawn"))
        let item = CollectReport.Item(kind: "blob", name: Samples.digest, reason: "no artifact is made of it", bytes: 5)
        let collect = CollectReport(
            isDryRun: true, items: Array(repeating: item, count: 12), artifactCount: 0, blobCount: 12, freedBytes: 60,
            protected: [.init(name: "m", digest: Samples.digest, reason: "a parent of m:nf4")], notes: [], seconds: 0.1)
        #expect(
            collect.summary.suffix(3) == [
                "  9 more  45 B  no artifact is made of it (--json lists them)", "  kept m: a parent of m:nf4",
                "would free 60 B (60 bytes): 0 artifacts, 12 blobs, in 0.10 s",
            ])
    }
}
