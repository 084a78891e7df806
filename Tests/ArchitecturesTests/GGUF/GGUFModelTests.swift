import Bytes
import Testing

@testable import Architectures

@Suite("GGUF model") struct GGUFModelTests {
    @Test("has every tensor as llama.cpp's converter writes it, value for value", arguments: ModelFixture.names)
    func tensors(name: String) throws {
        let fixture = try ModelFixture(name)
        let layout = try fixture.model().layout
        let made = TensorsInMemory(fixture.tensors, fixture.values).applying(layout)
        #expect(Set(layout.tensors.map(\.name)) == Set(fixture.gguf.map(\.name)))
        #expect(layout.tensors.count == fixture.gguf.count)
        for expected in fixture.gguf {
            let mapping = try #require(layout.tensors.first { $0.name == expected.name })
            #expect(mapping.shape == expected.shape, "\(expected.name)")
            #expect(mapping.staysF32 == (expected.type == "F32"), "\(expected.name)")
            let values = made.values[expected.name] ?? []
            if !expected.values.isEmpty { #expect(values == expected.values, "\(expected.name)") }
            #expect(values.digest == expected.digest, "\(expected.name)")
        }
    }

    @Test("has the metadata that llama.cpp's converter writes", arguments: ModelFixture.names)
    func metadata(name: String) throws {
        let fixture = try ModelFixture(name)
        let made = try fixture.model().metadata
        let expected = fixture.metadata.filter { $0.key != "general.file_type" }
        for item in expected {
            #expect(made.first { $0.key == item.key }?.value == item.value, "\(item.key)")
        }
        #expect(Set(made.map(\.key)).subtracting(expected.map(\.key)) == [])
        #expect(Set(made.map(\.key)).count == made.count)
    }

    @Test(
        "goes back to the same checkpoint, value for value, and to the same GGUF again", arguments: ModelFixture.names)
    func roundTrip(name: String) throws {
        let fixture = try ModelFixture(name)
        let model = try fixture.model()
        let stored = TensorsInMemory(fixture.tensors, fixture.values).applying(model.layout)
        let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        let needed = stored.values.filter { HuggingFaceModel.neededValues.contains($0.key) }
        let back = try HuggingFaceModel(tensors: stored.list, metadata: metadata, values: needed, dtype: "float32")
        let rebuilt = stored.applying(back.layout)
        if !["fused", "native", "images", "pretraining", "base"].contains(where: { name.hasSuffix($0) }) {
            let dropped = Set(model.layout.dropped.map(\.name))
            let kept = fixture.tensors.filter { !dropped.contains($0.name) }
            #expect(Set(rebuilt.shapes.keys) == Set(kept.map(\.name)))
            for tensor in kept {
                #expect(rebuilt.shapes[tensor.name] == tensor.shape, "\(tensor.name)")
                #expect(rebuilt.values[tensor.name] == fixture.values[tensor.name], "\(tensor.name)")
            }
        }
        let again = try GGUFModel(
            tensors: rebuilt.list, config: .object(back.config), description: ModelDescription(name: name))
        #expect(again.metadata == model.metadata)
        #expect(again.layout.tensors.map(\.name) == model.layout.tensors.map(\.name))
        #expect(rebuilt.applying(again.layout).values == stored.values)
    }
}
