import Architectures
import Bytes
import Testing

@testable import Transforms

@Suite("Sizes after a cut") struct PrunedSizesTests {
    @Test("are the shares that stay, to the nearest multiple") func widths() throws {
        let model = try PruneFixture.model()
        let sizes = try PrunedSizes(try PruneFixture.settings([.mlp: 0.3, .hidden: 0.4], multiple: 2), model)
        #expect(sizes.sizes == [.mlp: 4, .hidden: 4], "4.2 of 6 and 4.8 of 8")
        #expect(sizes.layers == [0, 1])
    }

    @Test("take as many heads from each group, or whole groups") func heads() throws {
        let model = try PruneFixture.model()
        let within = try PrunedSizes(try PruneFixture.settings([.heads: 0.5]), model)
        #expect(within.sizes == [.heads: 2] && within.cutsWithinGroups)
        let whole = try PrunedSizes(try PruneFixture.settings([.keyValueGroups: 0.5]), model)
        #expect(whole.sizes == [.heads: 2, .keyValueHeads: 1])
        let both = try PrunedSizes(try PruneFixture.settings([.keyValueGroups: 0.5, .heads: 0.5]), model)
        #expect(both.sizes == [.heads: 1, .keyValueHeads: 1])
        let alone = try PrunedSizes(
            try PruneFixture.settings([.heads: 0.5]), try PruneFixture.model(heads: 4, groups: 4))
        #expect(alone.sizes == [.heads: 2, .keyValueHeads: 2])
    }

    @Test("refuse what leaves no model, and say what to write instead") func refusals() throws {
        let llama = try PruneFixture.model(), mixtral = try PruneFixture.model(type: "mixtral")
        var layers = PruneSettings()
        layers.depth = .cut(LayerList([1, 2]))
        var all = PruneSettings()
        all.depth = .cut(LayerList([0, 1]))
        let cases: [(PruneSettings, ModelAxes, [String])] = [
            (try PruneFixture.settings([.mlp: 0.8], multiple: 4), llama, ["--mlp 0.8", "multiple 4", "smaller"]),
            (try PruneFixture.settings([.mlp: 0.05]), llama, ["would cut nothing"]),
            (try PruneFixture.settings([.heads: 0.25]), llama, ["3 of 4", "2 groups", "--kv-groups"]),
            (try PruneFixture.settings([.experts: 0.75]), mixtral, ["1 of 4 experts", "goes through 2", "0.5"]),
            (try PruneFixture.settings([.experts: 0.5]), llama, ["--experts", "no experts"]),
            (
                try PruneFixture.settings([.keyValueGroups: 0.5]), try PruneFixture.model(heads: 4, groups: 4),
                ["--kv-groups", "--heads"]
            ),
            (
                try PruneFixture.settings([.heads: 0.25]), try PruneFixture.model(heads: 4, groups: 4),
                ["8 hidden channels", "3 heads", "2 heads"]
            ),
            (layers, llama, ["no layer 2", "0 to 1"]), (all, llama, ["all 2 layers"]),
        ]
        for (settings, model, words) in cases {
            let error = #expect(throws: FormatError.self) { _ = try PrunedSizes(settings, model) }
            for word in words { #expect(error?.description.contains(word) == true, "\(error?.description ?? "")") }
        }
    }

    @Test("refuse shares that are none", arguments: [-0.1, 1, 1.5, .nan, .infinity]) func shares(share: Double) {
        var settings = PruneSettings()
        let error = #expect(throws: FormatError.self) { try settings.set(.mlp, to: share) }
        #expect(error?.problem.contains("--mlp") == true)
    }

    @Test("keep heads and channels together where config.json cannot say them apart") func fixedHeads() throws {
        let config = """
            {"model_type": "gpt2", "n_embd": 8, "n_head": 4, "n_layer": 1, "vocab_size": 10, "n_positions": 4}
            """
        let model = try ModelAxes(
            config: try JSONValue(parsing: Array(config.utf8)),
            tensors: [("h.0.attn.c_attn.weight", [8, 24]), ("h.0.mlp.c_fc.weight", [8, 32])])
        let error = #expect(throws: FormatError.self) {
            _ = try PrunedSizes(try PruneFixture.settings([.heads: 0.25]), model)
        }
        #expect(error?.remedy.contains("--hidden") == true)
        let both = try PrunedSizes(try PruneFixture.settings([.heads: 0.25, .hidden: 0.25]), model)
        #expect(both.sizes == [.heads: 3, .hidden: 6])
    }

    @Test("are written as lists of layers") func lists() throws {
        #expect(try LayerList(parsing: "7, 3,0-2").text == "0-2,3,7".replacing("0-2,3", with: "0-3"))
        for text in ["", "a", "3-1", "1,,2", "-1", "5000", "1-2-3"] {
            #expect(throws: FormatError.self, "\(text)") { _ = try LayerList(parsing: text) }
        }
    }
}
