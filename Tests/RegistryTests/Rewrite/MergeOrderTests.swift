import Registry
import Testing

@Suite("Merges whose models come in another order or by another name") struct MergeOrderTests {
    @Test("are derived again where models are cut into shards in different ways", arguments: ["one", "two"])
    func shards(base: String) async throws {
        let home = try TemporaryHome()
        try await home.register(try MergeTests.model(seed: 1).write(to: home.path("one")), as: "one")
        try await home.register(try MergeTests.model(seed: 100).writeSharded(to: home.path("two")), as: "two")
        // One of the two bases has the greater digest, and stands second among the parents that are kept.
        let tuned = base == "one" ? "two" : "one"
        let yaml = """
            merge_method: ties
            base_model: \(base)
            models: [{model: \(tuned), parameters: {weight: 1, density: 0.5}}]
            """
        _ = try await MergeTests.merge(yaml, in: home)
        let again = try await home.registry.rederive("mix")
        #expect(again.outcome == "proven")
    }

    @Test("know the base by its digest, whatever it is called") func names() async throws {
        let home = try await MergeTests.home()
        let yaml = """
            merge_method: dare_linear
            base_model: base
            models:
              - {model: "base:latest", parameters: {weight: 1, density: 0.5}}
              - {model: a, parameters: {weight: 1, density: 0.5}}
            """
        let report = try await MergeTests.merge(yaml, in: home)
        let plain = try await MergeTests.merge(yaml.replacing("base:latest", with: "base"), in: home, as: "plain")
        #expect(plain.outcome == "unchanged" && plain.digest == report.digest)
        let again = try await home.registry.rederive("mix")
        #expect(again.outcome == "proven")
    }

    @Test("are refused where two names are one model, or a tokenizer's model is none of them") func refused()
        async throws
    {
        let home = try await MergeTests.home()
        let one = """
            merge_method: slerp
            base_model: base
            parameters: {t: 0.5}
            models: [{model: base}, {model: "base:latest"}]
            """
        let other = """
            merge_method: linear
            tokenizer_source: other
            models: [{model: a, parameters: {weight: 1}}]
            """
        for (yaml, problem) in [(one, "slerp is between two models"), (other, "tokenizer_source names 'other'")] {
            let error = try await #require(throws: RegistryError.self) { try await MergeTests.merge(yaml, in: home) }
            #expect(error.problem.contains(problem), "\(error)")
        }
    }
}
