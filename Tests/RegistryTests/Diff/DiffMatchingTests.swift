import Architectures
import Catalog
import Formats
import Numbers
import Tensors
import Testing

@testable import Registry

/// Which tensors belong together, and where they stand.
@Suite("Matching of tensors") struct DiffMatchingTests {
    private static func entries(_ names: [String]) throws -> [DiffEntry] {
        try names.map { name in
            let tensor = TensorDescription(
                name: name, type: .plain(.F32), shape: try #require(Shape([4, 4])), byteRange: 0..<64)
            let logical = LogicalTensor(dense: FiledTensor(file: 0, tensor: tensor))
            let mapping = TensorMapping(name: name, shape: [4, 4], content: .sources([.init(name: name)]))
            return DiffEntry(MappedTensor(mapping: mapping, sources: [logical]), of: [:])
        }
    }

    private func match(_ first: [String], _ second: [String], family: String? = nil) throws -> DiffMatching {
        DiffMatching(
            try Self.entries(first), try Self.entries(second), family: family.flatMap { ModelFamily.of(modelType: $0) })
    }

    @Test("goes by name, in whatever order") func names() throws {
        let matching = try match(["a", "b", "c", "d"], ["d", "b", "x", "a"])
        #expect(matching.pairs.map(\.first) == [0, 1, 3] && matching.pairs.map(\.second) == [3, 1, 0])
        #expect(matching.onlyFirst == [2] && matching.onlySecond == [2])
    }

    @Test("takes each tensor once") func once() throws {
        let matching = try match(["a", "a", "b"], ["b", "a"])
        #expect(matching.pairs.count == 2 && matching.onlyFirst == [1] && matching.onlySecond == [])
    }

    @Test("knows the spellings of a family") func spellings() throws {
        let names = ["model.layers.3.self_attn.q_proj.weight", "model.norm.weight", "model.other"]
        let matching = try match(names, ["blk.3.attn_q.weight", "output_norm.weight", "else"], family: "llama")
        #expect(matching.pairs.map(\.first) == [0, 1] && matching.pairs.map(\.second) == [0, 1])
        #expect(matching.onlyFirst == [2] && matching.onlySecond == [2])
    }

    @Test("finds the spellings of one layer in all, whatever names look like a pattern") func patterns() throws {
        let layers = [0, 1, 7, 10, 11].map(String.init)
        let names = (layers + ["*", "x"]).map { "model.layers.\($0).self_attn.q_proj.weight" }
        for order in [names, names.reversed()] {
            let matching = try match(order, layers.map { "blk.\($0).attn_q.weight" }, family: "llama")
            #expect(matching.pairs.count == layers.count)
            for pair in matching.pairs {
                #expect(order[pair.first] == "model.layers.\(layers[pair.second]).self_attn.q_proj.weight")
            }
        }
    }

    @Test("finds the place of every name as the family does", arguments: [nil, "llama", "mixtral", "gpt2"])
    func places(type: String?) throws {
        let family = type.flatMap { ModelFamily.of(modelType: $0) }
        let names =
            (0..<13).flatMap { layer in
                [
                    "model.layers.\(layer).self_attn.q_proj.weight",
                    "model.layers.\(layer).mlp.experts.\(layer).w1.weight",
                    "model.layers.\(layer).block_sparse_moe.experts.\(7 - layer % 8).w2.weight", "h.\(layer).ln_1.bias",
                    "transformer.h.\(layer).mlp.c_fc.weight", "blk.\(layer).ffn_down.weight", "\(layer).x.\(layer + 1)",
                    "tower.\(layer).layers.\(12 - layer).fc1.weight", "encoder.01.\(layer).weight",
                ]
            } + ["model.embed_tokens.weight", "lm_head.weight", "", ".", "9999999999.w", "a..3", "output.weight"]
        var places = DiffPlaces(family: family)
        for entry in try Self.entries(names) {
            let found = places.place(of: entry)
            let expected = TensorPlace(name: entry.name, dimensions: entry.dimensions, family: family)
            #expect(found.part == expected.part && found.layer == expected.layer, "\(entry.name)")
        }
    }
}
