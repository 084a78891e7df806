import Bytes
import Foundation
import Registry
import Testing

@Suite("Training facts") struct TrainingTests {
    private func home(_ grid: String? = "int4 symmetric group 32") async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await register(home, grid)
        return home
    }

    @discardableResult
    private func register(_ home: TemporaryHome, _ grid: String?) async throws -> RegisterReport {
        var request = RegisterRequest(path: try MadeModel.wideLlama().write(to: home.path("model")))
        request.name = "m"
        request.trainingGrid = grid
        return try await home.registry.register(request)
    }

    @Test("are kept with the checkpoint, also when it is registered again without them") func kept() async throws {
        let home = try await home()
        #expect(try home.registry.show("m").artifact.quantization == "trained for int4 symmetric group 32")
        #expect(try await register(home, nil).outcome == "unchanged")
        #expect(try home.registry.show("m").artifact.quantization == "trained for int4 symmetric group 32")
        let report = try await register(home, "int8 symmetric channel")
        #expect(report.notes.contains { $0.contains("int8 symmetric channel") })
        #expect(try home.registry.show("m").artifact.quantization == "trained for int8 symmetric channel")
    }

    @Test("decide about codes where the scheme holds them", arguments: ["gguf-q4_0", "ct-int4-g32", "gptq-4-g32"])
    func heeded(scheme: String) async throws {
        let home = try await home(), plain = try await self.home(nil)
        let request = ConvertRequest(name: "m", scheme: scheme)
        let heeded = try await home.registry.convert(request)
        let usual = try await plain.registry.convert(request)
        #expect(heeded.recipeDigest != usual.recipeDigest && heeded.digest != usual.digest)
        #expect(heeded.notes.contains { $0.contains("codes and scales of the training") })
        #expect(!usual.notes.contains { $0.contains("train") })
        #expect(try await home.registry.rederive(heeded.name).outcome == "proven")
        var other = request
        other.trainingGrid = "none"
        let ignored = try await home.registry.convert(other)
        #expect(ignored.recipeDigest == usual.recipeDigest && ignored.digest == usual.digest)
        #expect(ignored.notes.contains { $0.contains("not heeded") })
        var said = request
        said.trainingGrid = "int4 symmetric group 32"
        #expect(try await plain.registry.convert(said).digest == heeded.digest)
    }

    @Test("are told of when another scheme throws them away") func lost() async throws {
        let home = try await home()
        let forecast = try home.registry.planConversion(ConvertRequest(name: "m", scheme: "nf4"))
        let note = forecast.notes.first { $0.contains("throws that training away") } ?? ""
        #expect(note.contains("bnb-nf4") && note.contains("gguf-q4_0") && note.contains("ct-int4-g32"))
        var request = ConvertRequest(name: "m", scheme: "nf4")
        request.trainingGrid = "int4 symmetric group 32"
        #expect { try home.registry.planConversion(request) } throws: {
            "\($0)".contains("does not hold int4 symmetric")
        }
        var cast = ConvertRequest(name: "m", scheme: "f16")
        cast.trainingGrid = "none"
        #expect { try home.registry.planConversion(cast) } throws: { "\($0)".contains("--qat") }
    }

    @Test("are refused of a checkpoint that is quantized, and in words that are none") func refused() async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: fixtures + "/quantized/gptq-w4g128")
        request.trainingGrid = "int4 symmetric group 128"
        let prepared = request
        await #expect { try await home.registry.register(prepared) } throws: { "\($0)".contains("quantized already") }
        await #expect { try await register(home, "int4 fuzzy") } throws: { "\($0)".contains("'fuzzy'") }
        #expect(try home.registry.list().isEmpty)
    }

    @Test("are found in the configuration of compressed-tensors") func found() async throws {
        let home = try TemporaryHome()
        var model = MadeModel.wideLlama()
        model.config = model.config?.replacingOccurrences(
            of: "\"rms_norm_eps\"",
            with: """
                "quantization_config": {"quant_method": "compressed-tensors", "format": "dense", "config_groups": {"group_0":
                {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "symmetric": true, "strategy": "group",
                "group_size": 32}}}}, "rms_norm_eps"
                """)
        try await home.register(model, as: "m")
        #expect(try home.registry.show("m").artifact.quantization == "trained for int4 symmetric group 32 absmax/7.5")
    }

    @Test("of a student made elsewhere stay with its lineage") func parameters() async throws {
        let home = try await home(nil)
        var request = RegisterRequest(path: try MadeModel.llama(seed: 9).write(to: home.path("student")))
        request.kind = "distilled"
        request.parents = [ParentReference(role: "teacher", name: "m")]
        request.trainingParameters = "temperature=2, alpha=0.5,loss=kl,early=true"
        _ = try await home.registry.register(request)
        let rows = try home.rows("SELECT role, recipe FROM lineage WHERE child = 'student'")
        let recipe = #"{"steps":[{"parameters":{"alpha":0.5,"early":true,"loss":"kl","temperature":2},"#
        #expect("\(rows)".replacingOccurrences(of: "\\", with: "").contains(recipe))
        await #expect { try await home.registry.rederive("student") } throws: { "\($0)".contains("not made here") }
    }

    @Test(
        "are refused without parents, names or values",
        arguments: [
            ("temperature=2", false, "--parent"), ("temperature", true, "'temperature'"), ("=2", true, "'=2'"),
            ("a=1,a=2", true, "twice"), ("a b=1", true, "'a b=1'"), ("a=1,,b=2", true, "''"),
        ])
    func wrongParameters(text: String, hasParent: Bool, word: String) async throws {
        let home = try await home(nil)
        var request = RegisterRequest(path: try MadeModel.llama(seed: 9).write(to: home.path("student")))
        if hasParent { request.parents = [ParentReference(role: "teacher", name: "m")] }
        request.trainingParameters = text
        let prepared = request
        await #expect { try await home.registry.register(prepared) } throws: { "\($0)".contains(word) }
        #expect(try home.registry.list().count == 1)
    }
}
