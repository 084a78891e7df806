import Bytes
import Registry
import Testing

@Suite("A look at an imatrix") struct InspectImatrixTests {
    @Test("says what it is, in both forms", arguments: ["mixtral.gguf", "mixtral.dat"]) func forms(name: String) throws
    {
        let report = try ModelRegistry.inspect(fixtures + "/imatrix/" + name)
        #expect((report.format, report.parameters, report.tensorCount) == ("imatrix", 0, 16))
        #expect(report.files.map(\.role) == ["imatrix"])
        #expect(report.metadata.first { $0.key == "chunks" }?.value == "7")
        let isGGUF = name.hasSuffix(".gguf")
        #expect(
            report.metadata.first { $0.key == "datasets" }?.value
                == (isGGUF ? "wiki.train.raw, code.txt" : "wiki.train.raw"))
        let experts = try #require(report.tensors.first { $0.name == "blk.0.ffn_gate_exps.weight" })
        #expect(experts.shape == (isGGUF ? [3, 24] : [72]))
        #expect(report.notes.last?.hasPrefix("this is no model") == true)
    }

    @Test("that is damaged is refused as such") func damaged() throws {
        let error = #expect(throws: (any Error).self) {
            try ModelRegistry.inspect(fixtures + "/hostile/imatrix/value_nan.dat")
        }
        #expect(error.map { "\($0)" }?.contains("value 1 is nan") == true)
    }

    @Test("is all there is: it is not registered", arguments: ["mixtral.gguf", "mixtral.dat", "llama_big_endian.gguf"])
    func register(name: String) async throws {
        let home = try TemporaryHome()
        let error = await #expect(throws: FormatError.self) {
            try await home.register(fixtures + "/imatrix/" + name, as: "i")
        }
        #expect(error?.problem.hasPrefix("this is an imatrix") == true)
        #expect(error?.remedy.contains("--imatrix FILE") == true)
        #expect(error?.file?.hasSuffix(name) == true)
        #expect(try home.registry.list().isEmpty)
    }
}
