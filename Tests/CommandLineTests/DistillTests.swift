import Bytes
import Foundation
import Testing

/// `ingot distill init` and what belongs to it, as the built command does them.
@Suite("Distill") struct DistillTests {
    @Test("writes a distill.json that fits its schema, with and without a width") func schema() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", Project.tinyLlama, "--as", "t")
        let schema = SchemaValidator(try JSONValue(parsing: Project.bytes("schemas/distill.schema.json")))
        for (name, options) in [("deep", ["--every", "2"]), ("narrow", ["--width", "0.5", "--layers", "0"])] {
            let outcome = try ingot.run(["distill", "init", "t", "--as", name] + options)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            try ingot.succeeding("export", name, folder(name))
            let text = try Data(contentsOf: URL(fileURLWithPath: folder(name) + "/distill.json"))
            let map = try JSONValue(parsing: Array(text))
            #expect(schema.faults(in: map) == [])
            #expect(map["index_lists"]?.arrayValue?.isEmpty == (name == "deep"))
            #expect(map["tensors"]?.arrayValue?.isEmpty == false)
        }
    }

    @Test("tells what it wants when too little or too much is said") func usage() throws {
        let ingot = IngotProcess(home: "/nonexistent")
        for (arguments, word) in [
            (["distill", "init", "t"], "--layers"),
            (["distill", "init", "t", "--layers", "0", "--every", "2"], "--every"),
            (["sparsify", "t"], "--pattern"),
            (["sparsify", "t", "--sparsity", "0.5", "--pattern", "2:4"], "--pattern"),
            (["sparsify", "t", "--sparsity", "0.5", "--keep", ""], "--keep"),
            (["register", "x", "--params", "a=1"], "--parent"),
        ] {
            let outcome = try ingot.run(arguments)
            #expect(outcome.exitCode == 64 && outcome.errors.contains(word), "\(arguments): \(outcome.errors)")
        }
    }
}
