import Bytes
import Testing

@testable import Architectures

@Suite("Rope scaling") struct RopeScalingTests {
    @Test(
        "of Llama 3 is found again from the divisors of the frequencies",
        arguments: [
            (Llama3(factor: 8, low: 1, high: 4, originalContext: 8192), 500_000.0, 128),
            (Llama3(factor: 32, low: 1, high: 4, originalContext: 8192), 500_000, 64),
            (Llama3(factor: 16, low: 1, high: 2, originalContext: 4096), 10_000, 64),
            (Llama3(factor: 2.5, low: 1, high: 6, originalContext: 1000), 10_000, 128),
        ])
    func llama3(scaling: Llama3, theta: Double, dimensions: Int) {
        let divisors = scaling.divisors(theta: theta, dimensions: dimensions)
        #expect(divisors.count == dimensions / 2)
        #expect(divisors.first == 1)
        #expect(divisors.last == Float(scaling.factor))
        #expect(Llama3(divisors: divisors, theta: theta, dimensions: dimensions) == scaling)
    }

    @Test("of Llama 3 is found as one that computes the same when only ratios show")
    func ratios() throws {
        let divisors = Llama3(factor: 8, low: 2, high: 8, originalContext: 16384).divisors(theta: 1e4, dimensions: 64)
        let found = try #require(Llama3(divisors: divisors, theta: 1e4, dimensions: 64))
        #expect(found == Llama3(factor: 8, low: 1, high: 4, originalContext: 8192))
    }

    @Test("of divisors that follow no formula is said as long RoPE with the same for short and long texts")
    func arbitrary() throws {
        let divisors: [Float] = [1, 1.25]
        let (tensors, metadata) = try small()
        let model = try HuggingFaceModel(
            tensors: tensors + [("rope_freqs.weight", [2])], metadata: metadata, values: ["rope_freqs.weight": divisors]
        )
        let scaling = model.config["rope_scaling"]
        #expect(scaling?["rope_type"] == .string("longrope"))
        #expect(scaling?["short_factor"] == .array([.number("1.0"), .number("1.25")]))
        #expect(scaling?["long_factor"] == scaling?["short_factor"])
        #expect(scaling?["attention_factor"] == .number("1.0"))
        #expect(model.layout.notes.count == 1)
        #expect(model.layout.dropped.map(\.name) == ["rope_freqs.weight"])
    }

    @Test("of divisors that are all 1 is none")
    func ones() throws {
        let (tensors, metadata) = try small()
        let model = try HuggingFaceModel(
            tensors: tensors + [("rope_freqs.weight", [2])], metadata: metadata, values: ["rope_freqs.weight": [1, 1]])
        #expect(model.config["rope_scaling"] == nil)
        #expect(model.config["rope_parameters"]?["rope_type"] == .string("default"))
    }

    @Test(
        "refuses divisors that are missing, too few or not above zero",
        arguments: [[:], ["rope_freqs.weight": [1]], ["rope_freqs.weight": [1, 0]], ["rope_freqs.weight": [1, .nan]]])
    func divisors(values: [String: [Float]]) throws {
        let (tensors, metadata) = try small()
        #expect(throws: FormatError.self) {
            try HuggingFaceModel(tensors: tensors + [("rope_freqs.weight", [2])], metadata: metadata, values: values)
        }
    }

    @Test("of YaRN keeps its own attention factor, beside the usual one that runtimes apply by themselves")
    func yarn() throws {
        let fixture = try ModelFixture("llama")
        var config = try #require(fixture.config.objectValue)
        config["rope_scaling"] = try JSONValue(
            parsing: Array(
                #"{"type":"yarn","factor":8,"original_max_position_embeddings":8,"attention_factor":1.5,"beta_fast":9}"#
                    .utf8))
        let model = try GGUFModel(tensors: fixture.tensors, config: .object(config))
        let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        guard case .f32(let factor)? = metadata["llama.rope.scaling.attn_factor"] else {
            Issue.record("no factor")
            return
        }
        #expect(abs(factor - 1.5 / 1.2079442) < 1e-6)
        #expect(model.layout.notes.count == 1)
        let back = try HuggingFaceModel(tensors: model.layout.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
        let found = try #require(back.config["rope_scaling"]?["attention_factor"]?.doubleValue)
        #expect(abs(found - 1.5) < 1e-6)
        #expect(back.config["rope_scaling"]?["beta_fast"] == .number("9.0"))
    }

    @Test("that GGUF cannot say is refused, or noted where it only concerns longer texts")
    func others() throws {
        let fixture = try ModelFixture("llama")
        func model(_ scaling: String) throws -> GGUFModel {
            var config = try #require(fixture.config.objectValue)
            config["rope_scaling"] = try JSONValue(parsing: Array(scaling.utf8))
            return try GGUFModel(tensors: fixture.tensors, config: .object(config))
        }
        #expect(try model(#"{"type":"dynamic","factor":2}"#).layout.notes.count == 1)
        for scaling in [
            #"{"type":"mrope"}"#, #"{"type":"linear"}"#, #"{"type":"linear","factor":0}"#,
            #"{"type":"longrope","short_factor":[1],"long_factor":[1,2]}"#, #"{"type":"llama3","factor":8}"#,
        ] {
            #expect(throws: FormatError.self, "\(scaling)") { try model(scaling) }
        }
    }

    /// The tensors and the metadata of a small Llama with heads of four.
    private func small() throws -> (tensors: [(name: String, shape: [Int])], metadata: [String: MetadataValue]) {
        let model = try ModelFixture("llama").model()
        return (
            model.layout.tensors.map { ($0.name, $0.shape) },
            Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        )
    }
}
