import Bytes
import Foundation
import Registry
import Testing

@Suite("Merges of adapters with output heads that a base ties") struct AdapterHeadTests {
    /// A model that ties its head, in a home of its own; `isStored` writes the head too, `isSaid` the key.
    private static func home(isStored: Bool, isSaid: Bool = true) async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var model = MergeTests.model(seed: 1)
        let said = model.config?.replacing("false", with: "true")
        model.config = isSaid ? said : #"{"model_type": "gemma", "num_hidden_layers": 2, "hidden_size": 16}"#
        model.tensors.removeAll { $0.name == "lm_head.weight" }
        if isStored, let embedding = model.tensors.first(where: { $0.name == "model.embed_tokens.weight" }) {
            model.tensors.append(("lm_head.weight", embedding.dtype, embedding.shape, embedding.bytes))
        }
        try await home.register(try model.write(to: home.path("base")), as: "base")
        return home
    }

    /// An adapter with a head of its own, or with an update of it.
    private static func adapter(isWhole: Bool) -> MadeModel {
        var adapter = MadeModel()
        if isWhole {
            adapter.add("base_model.model.lm_head.weight", [24, 16], seed: 9)
        } else {
            adapter.add("base_model.model.lm_head.lora_A.weight", [2, 16], seed: 7)
            adapter.add("base_model.model.lm_head.lora_B.weight", [24, 2], seed: 8)
        }
        return adapter
    }

    private static func check(_ home: TemporaryHome, isWhole: Bool) async throws {
        let folder = try AdapterMergeTests.write(adapter(isWhole: isWhole), to: home.path("lora"))
        let report = try await home.registry.merge(MergeRequest(.adapter(base: "base", adapter: folder)))
        let made = Dictionary(
            uniqueKeysWithValues: try home.registry.tensors(of: report.name).map { ($0.name, $0.digest) })
        let old = Dictionary(uniqueKeysWithValues: try home.registry.tensors(of: "base").map { ($0.name, $0.digest) })
        let embedding = "model.embed_tokens.weight"
        #expect(made[embedding] == old[embedding])
        let head = try #require(made["lm_head.weight"])
        #expect(head != made[embedding])
        _ = try await home.export(report.name, to: "out", nil)
        let config = try Data(contentsOf: URL(fileURLWithPath: home.path("out/config.json")))
        let ties = try JSONValue(parsing: Array(config))["tie_word_embeddings"]?.boolValue
        #expect(ties == false)
        let again = try await home.registry.rederive(report.name)
        #expect(again.outcome == "proven")
    }

    @Test("untie it, stored or not, brought or changed", arguments: [false, true], [false, true])
    func unties(isStored: Bool, isWhole: Bool) async throws {
        let home = try await Self.home(isStored: isStored)
        try await Self.check(home, isWhole: isWhole)
    }

    @Test("untie it where only the family says that it is tied") func unsaid() async throws {
        let home = try await Self.home(isStored: false, isSaid: false)
        try await Self.check(home, isWhole: true)
    }
}
