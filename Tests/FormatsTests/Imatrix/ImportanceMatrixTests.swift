import Bytes
import Testing

@testable import Formats

@Suite("Imatrix") struct ImportanceMatrixTests {
    static let goldens = [
        "llama.gguf", "llama_big_endian.gguf", "mixtral.gguf", "mixtral.dat", "gpt2.dat", "phi3_old.dat",
    ]

    static func read(_ name: String) throws -> ImportanceMatrix {
        try ImportanceMatrix(reading: try OpenFile(Fixtures.path("imatrix/" + name)))
    }

    @Test("gives the importances that the reference's formula gives, to the bit", arguments: goldens)
    func values(name: String) throws {
        let matrix = try Self.read(name)
        let expected = try #require(try Fixtures.json("imatrix/expected.json")[name]?.objectValue)
        #expect(Set(matrix.entries.map(\.name)) == Set(expected.members.map(\.key)))
        for entry in matrix.entries {
            let importance: [Float] = try matrix.importance(of: entry)
            let row = try #require(expected[entry.name])
            let start: [Double] = (row["start"]?.arrayValue ?? []).compactMap(\.doubleValue)
            let found: [Double] = importance.prefix(4).map { Double($0) }
            var bytes: [UInt8] = []
            for value in importance { bytes += RawGGUF.word(value.bitPattern) }
            #expect(importance.count == row["count"]?.intValue)
            #expect(found == start)
            #expect(Digest(of: bytes).hex == row["sha256"]?.stringValue, "\(entry.name)")
        }
    }

    @Test("tells what was read while it was measured") func facts() throws {
        let newer = try Self.read("llama.gguf"), older = try Self.read("gpt2.dat"), old = try Self.read("phi3_old.dat")
        #expect((newer.form, newer.chunkCount, newer.chunkSize) == (.gguf, 7, 512))
        #expect(newer.datasets == ["wiki.train.raw", "code.txt"])
        #expect((older.form, older.chunkCount, older.chunkSize) == (.binary, 7, nil))
        #expect(older.datasets == ["wiki.train.raw"])
        #expect((old.chunkCount, old.datasets) == (nil, []))
        #expect(newer.digest == Digest(of: try Fixtures.bytes("imatrix/llama.gguf")))
        #expect(newer.notes == [])
    }

    @Test("says 1 for an expert that was never called") func uncalled() throws {
        let matrix = try Self.read("mixtral.gguf")
        let entry = try #require(matrix["blk.1.ffn_down_exps.weight"])
        #expect((entry.expertCount, entry.counts.last) == (3, 0))
        let last = Array(try matrix.importance(of: entry).suffix(40))
        #expect(last == [Float](repeating: 1, count: 40))
    }

    @Test("is recognized by its bytes, and no other file is", arguments: goldens)
    func recognized(name: String) throws {
        #expect(try ImportanceMatrix.recognizes(try OpenFile(Fixtures.path("imatrix/" + name))))
        let names = try Recognition.names(of: OpenFile(Fixtures.path("imatrix/" + name)))
        #expect(names == (name.hasSuffix(".gguf") ? ["gguf"] : []))
    }

    @Test(
        "leaves other files to others",
        arguments: ["gguf/align128.gguf", "hostile/st_hole.safetensors", "imatrix/expected.json", "imatrix/README.md"])
    func foreign(name: String) throws {
        #expect(try ImportanceMatrix.recognizes(try OpenFile(Fixtures.path(name))) == false)
    }

    @Test("is looked up by the tensor's name and size") func lookup() throws {
        let matrix = try Self.read("mixtral.dat")
        let name = "blk.0.ffn_gate_exps.weight"
        #expect(try matrix.importance(ofGGUF: name, shape: [3, 40, 24])?.count == 72)
        #expect(try matrix.importance(ofGGUF: "blk.9.attn_q.weight", shape: [24, 24]) == nil)
        let error = #expect(throws: FormatError.self) { try matrix.importance(ofGGUF: name, shape: [3, 40, 32]) }
        #expect(error?.file?.hasSuffix("mixtral.dat") == true)
        #expect(error?.tensor == name)
        #expect(
            error?.problem
                == "the imatrix is of another model: it has 72 values for this tensor, which has 3 x 32 columns")
    }

    @Test("tells the experts of a stack, where the file does") func experts() throws {
        let error = #expect(throws: FormatError.self) {
            try Self.read("mixtral.gguf").importance(ofGGUF: "blk.0.ffn_gate_exps.weight", shape: [4, 40, 18])
        }
        #expect(error?.problem.contains("3 x 24 values for this tensor, which has 4 x 18 columns") == true)
    }

    @Test("of a model with other layers is refused") func otherModel() throws {
        let matrix = try Self.read("llama.gguf")
        let tensors = matrix.entries.map { (name: $0.name, shape: [1, $0.valueCount]) }
        try matrix.check(against: tensors)
        let error = #expect(throws: FormatError.self) {
            try matrix.check(against: tensors.filter { !$0.name.hasPrefix("blk.1.") })
        }
        #expect(error?.problem.contains("7 of its 14 tensors are none of this model's") == true)
        #expect(error?.tensor == "blk.1.attn_k.weight")
    }

    @Test("has hostile files for its checks") func hostileFiles() throws {
        #expect(try HostileFolder.isComplete("imatrix"))
    }

    @Test("names the file, and never crashes on changed bytes", arguments: goldens, 0..<UInt64(4))
    func mutations(name: String, seed: UInt64) throws {
        try HostileFolder.expectNoCrash(Fixtures.path("imatrix/" + name), seed: seed) { source in
            let matrix = try ImportanceMatrix(reading: source)
            for entry in matrix.entries { _ = try matrix.importance(of: entry) }
        }
    }
}
