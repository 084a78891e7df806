import Bytes
import Foundation
import Testing

@testable import CommandLine

/// What the built command says to bad input, and that it changes nothing.
@Suite("Bad input", .timeLimit(.minutes(20))) struct BadInputTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    /// Expects that `arguments` fail with one line on standard error that holds all of `words`, and add no artifact.
    private func expectRefusal(
        _ arguments: [String], saying words: String..., artifactCount: Int = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try ingot.run(arguments)
        #expect(outcome.exitCode == 1, sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        #expect(outcome.errors.hasPrefix("ingot: "), "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
        let count = try ingot("ls", "--json").json().arrayValue?.count
        #expect(count == artifactCount, sourceLocation: sourceLocation)
        let staged = (try? FileManager.default.contentsOfDirectory(atPath: folder("home/incoming"))) ?? []
        #expect(staged == [], "nothing half-done is left", sourceLocation: sourceLocation)
    }

    /// A store with one artifact, so that `ls` has something to read.
    private func fill() throws {
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "tiny-llama.safetensors"))
    }

    @Test(
        "that is no weights file is refused, with the file's name",
        arguments: [
            ("empty", []), ("header of 2^63 bytes", TinyWeights.prefix(1 << 63) + Array("{}".utf8)),
            ("truncated", Array(TinyWeights.file().dropLast(100))),
            ("text", Array("# Notes\n\nThis is no weights file, whatever its name says.\n".utf8)),
            ("trailing bytes", TinyWeights.file() + [0]),
            ("header alone", Array(TinyWeights.file().prefix(40))),
        ] as [(String, [UInt8])])
    func notWeights(what: String, bytes: [UInt8]) throws {
        try fill()
        let path = try folder.write(bytes, to: "bad.safetensors")
        try expectRefusal(["register", path], saying: "bad.safetensors", artifactCount: 1)
    }

    @Test("that holds no weights is refused") func emptyFolder() throws {
        try fill()
        let path = try folder.write(Array("hello".utf8), to: "docs/readme.txt")
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try expectRefusal(["register", parent], saying: "docs", artifactCount: 1)
    }

    @Test("that is not there is refused") func missingPath() throws {
        try fill()
        try expectRefusal(["register", folder("nowhere")], saying: "nowhere", artifactCount: 1)
    }

    @Test("under a taken name is refused without --update") func takenName() throws {
        try fill()
        let other = try folder.write(TinyWeights.file(seed: 2), to: "other.safetensors")
        try expectRefusal(
            ["register", other, "--as", "tiny-llama"], saying: "tiny-llama", "--update", artifactCount: 1)
        let updated = try ingot.succeeding("register", other, "--as", "tiny-llama", "--update", "--json").json()
        #expect(updated.arrayValue?[0]["version"]?.intValue == 2)
        try ingot.succeeding("export", "tiny-llama@v1", folder("v1"))
        let first = try Data(contentsOf: URL(fileURLWithPath: folder("v1/tiny-llama.safetensors")))
        #expect(Array(first) == TinyWeights.file())
    }

    @Test(
        "of an unknown name suggests the nearest",
        arguments: [
            ["show", "tiny-lama"], ["tensors", "tiny-lama"], ["lineage", "tiny-lama"], ["verify", "tiny-lama"],
            ["convert", "tiny-lama", "--to", "nf4"], ["export", "tiny-lama", "/nonexistent/out"],
            ["results", "tiny-lama"], ["results", "add", "tiny-lama", "x=1"], ["rm", "tiny-lama"],
            ["tag", "tiny-lama", "x"], ["rename", "tiny-lama", "x"],
        ])
    func unknownName(arguments: [String]) throws {
        try fill()
        try expectRefusal(arguments, saying: "tiny-lama", "tiny-llama", artifactCount: 1)
    }

    @Test("of an unknown scheme is refused") func unknownScheme() throws {
        try fill()
        try expectRefusal(["convert", "tiny-llama", "--to", "nf5"], saying: "nf5", artifactCount: 1)
    }

    @Test(
        "with NaN or infinities is refused for quantization unless they are kept", arguments: [0x7FC0, 0x7F80, 0xFF80])
    func nonfinite(bits: Int) throws {
        let tensor = "model.layers.0.mlp.up_proj.weight"
        let bytes = TinyWeights.file([tensor, "model.layers.1.mlp.up_proj.weight"], poison: UInt16(bits))
        try ingot.succeeding("register", folder.write(bytes, to: "bad.safetensors"))
        try expectRefusal(["convert", "bad", "--to", "nf4"], saying: tensor, "--nonfinite keep", artifactCount: 1)
        let report = try ingot.succeeding("convert", "bad", "--to", "nf4", "--nonfinite", "keep", "--json").json()
        #expect(report["kept"]?.arrayValue?.contains { $0["tensor"]?.stringValue == tensor } == true)
        #expect(report["quantized_tensor_count"]?.intValue == 1)
    }

    @Test("of an export to a full folder is refused without --force") func fullDestination() throws {
        try fill()
        try folder.write([1, 2, 3], to: "out/tiny-llama.safetensors")
        try expectRefusal(["export", "tiny-llama", folder("out")], saying: "out", "--force", artifactCount: 1)
        let untouched = try Data(contentsOf: URL(fileURLWithPath: folder("out/tiny-llama.safetensors")))
        #expect(Array(untouched) == [1, 2, 3])
        try ingot.succeeding("export", "tiny-llama", folder("out"), "--force")
        let replaced = try Data(contentsOf: URL(fileURLWithPath: folder("out/tiny-llama.safetensors")))
        #expect(Array(replaced) == TinyWeights.file())
    }

    @Test(
        "of SQL is refused",
        arguments: [
            "SELEC 1", "SELECT * FROM nothing", "DELETE FROM artifact", "PRAGMA journal_mode = DELETE",
            "ATTACH '/tmp/x' AS x", "SELECT 1; SELECT 2", "CREATE TABLE x(y)",
        ])
    func sql(query: String) throws {
        try fill()
        try expectRefusal(["sql", query], artifactCount: 1)
    }

    @Test("of SQL that goes on too long ends at the time limit") func timeLimit() throws {
        try fill()
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        try expectRefusal(["sql", endless, "--time-limit", "0.1"], saying: "--time-limit", artifactCount: 1)
    }

    @Test("without a store says how to make one") func noStore() throws {
        let outcome = try ingot("ls")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains(folder("home")))
        #expect(outcome.errors.contains("register"))
    }

    @Test("of arguments is misuse, with a hint") func misuse() throws {
        let outcome = try ingot("ls", "--output", "yaml")
        #expect(outcome.exitCode == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("ingot: "))
        #expect(outcome.errors.contains("ingot ls --help"))
    }

    @Test("of an instruction set is refused by name") func instructionSet() throws {
        try fill()
        var other = ingot
        other.environment["INGOT_ISA"] = "sse9"
        let outcome = try other("ls")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("sse9"))
    }
}
