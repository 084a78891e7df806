import Bytes
import Foundation
import Numbers
import Registry
import Testing

@Suite("Merges of adapters") struct AdapterMergeTests {
    private static let module = "base_model.model.model.layers.0.self_attn.q_proj"

    /// An adapter of rank 2 for one layer of the models of `MergeTests`.
    private static func adapter(inputs: Int = 16, module: String = module) -> MadeModel {
        var adapter = MadeModel()
        adapter.add("\(module).lora_A.weight", [2, inputs], seed: 7)
        adapter.add("\(module).lora_B.weight", [16, 2], seed: 8)
        return adapter
    }

    static func write(_ adapter: MadeModel, to folder: String, config: String? = nil) throws -> String {
        try Folder.make(folder)
        try Data(try adapter.file()).write(to: URL(fileURLWithPath: folder + "/adapter_model.safetensors"))
        let usual = #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "base_model_name_or_path": "x/y"}"#
        try Data((config ?? usual).utf8).write(to: URL(fileURLWithPath: folder + "/adapter_config.json"))
        return folder
    }

    private static func request(_ adapter: String, _ change: (inout MergeRequest) -> Void = { _ in }) -> MergeRequest {
        var request = MergeRequest(.adapter(base: "base", adapter: adapter))
        change(&request)
        return request
    }

    @Test("change what they name, measure it, and are parents") func merges() async throws {
        let home = try await MergeTests.home()
        let folder = try Self.write(Self.adapter(), to: home.path("lora"))
        let report = try await home.registry.merge(Self.request(folder) { $0.stepScheme = "q4_0" })
        #expect(report.name == "base:merged" && report.method == "lora" && report.stepScheme == "gguf-q4_0")
        #expect(report.changedTensorCount == 1 && report.updates.count == 1)
        let update = try #require(report.updates.first)
        #expect(update.tensor == "model.layers.0.self_attn.q_proj.weight" && update.norm > 0)
        #expect(update.relativeNorm.map { $0 > 0 && $0 < 1 } == true && update.steps.map { $0 > 0 } == true)
        #expect(report.parents.map(\.role) == ["base", "adapter"])
        #expect(report.parents[1].name.hasPrefix("base:adapter-"))
        #expect(try await home.registry.merge(Self.request(folder)).outcome == "unchanged")
        #expect(try await home.registry.rederive("base:merged").outcome == "proven")
        let old = try home.registry.tensors(of: "base"), new = try home.registry.tensors(of: "base:merged")
        let changed = zip(old, new).filter { $0.digest != $1.digest }.map(\.0.name)
        #expect(changed == [update.tensor])
    }

    @Test("may be artifacts themselves, and are forecast without being stored") func registered() async throws {
        let home = try await MergeTests.home()
        let folder = try Self.write(Self.adapter(), to: home.path("lora"))
        let stored = try home.storedFiles()
        let forecast = try home.registry.planMerge(Self.request(folder))
        #expect(try home.storedFiles() == stored)
        try await home.register(folder, as: "mine")
        let report = try await home.registry.merge(Self.request("mine"))
        #expect(report.parents.map(\.name) == ["base", "mine"])
        #expect(forecast.bytes == report.logicalBytes)
    }

    @Test("replace whole modules, and untie a head that they bring") func whole() async throws {
        let home = try TemporaryHome()
        var model = MergeTests.model(seed: 1)
        model.tensors.removeAll { $0.name == "lm_head.weight" }
        model.config = model.config?.replacing("false", with: "true")
        try await home.register(try model.write(to: home.path("base")), as: "base")
        var adapter = Self.adapter()
        adapter.add("base_model.model.lm_head.weight", [24, 16], seed: 9)
        adapter.add("base_model.model.model.norm.weight", [16], seed: 10)
        let folder = try Self.write(adapter, to: home.path("lora"))
        let report = try await home.registry.merge(Self.request(folder))
        #expect(report.notes.contains { $0.contains("no longer ties") })
        let made = Dictionary(
            uniqueKeysWithValues: try home.registry.tensors(of: report.name).map { ($0.name, $0.digest) })
        let parts = Dictionary(
            uniqueKeysWithValues: try home.registry.tensors(of: report.parents[1].name).map { ($0.name, $0.digest) })
        #expect(made["lm_head.weight"] == parts["base_model.model.lm_head.weight"])
        #expect(made["model.norm.weight"] == parts["base_model.model.model.norm.weight"])
        _ = try await home.export(report.name, to: "out", nil)
        let config = try Data(contentsOf: URL(fileURLWithPath: home.path("out/config.json")))
        #expect(try JSONValue(parsing: Array(config))["tie_word_embeddings"]?.boolValue == false)
    }

    @Test("add to what a quantized base stands for, in its own steps") func quantized() async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.llama().write(to: home.path("base")), as: "base")
        _ = try await home.registry.convert(ConvertRequest(name: "base", scheme: "nf4"))
        var adapter = MadeModel()
        adapter.add("\(Self.module).lora_A.weight", [2, 256], seed: 7)
        adapter.add("\(Self.module).lora_B.weight", [256, 2], seed: 8)
        let folder = try Self.write(adapter, to: home.path("lora"))
        let report = try await home.registry.merge(MergeRequest(.adapter(base: "base:nf4", adapter: folder)))
        #expect(report.scheme == "bf16" && report.stepScheme == "bnb-nf4")
        #expect(report.updates.first?.steps.map { $0 > 0 } == true)
        #expect(report.notes.contains { $0.contains("stored in bnb-nf4") })
    }

    @Test("of another base are refused, naming tensor and remedy, and leave nothing behind") func refused() async throws
    {
        let home = try await MergeTests.home()
        let stored = try home.storedFiles()
        var half = Self.adapter()
        half.tensors.removeLast()
        var strange = Self.adapter()
        strange.add("\(Self.module).lora_E", [2, 2], seed: 1)
        let cases: [(MadeModel, String?, String)] = [
            (Self.adapter(inputs: 20), nil, "its shape is [2, 20]"),
            (Self.adapter(module: Self.module.replacing("layers.0", with: "layers.7")), nil, "has no tensor"),
            (half, nil, "its other factor is missing"), (strange, nil, "no tensor of a LoRA adapter"),
            (Self.adapter(), #"{"peft_type": "LORA", "r": 4, "lora_alpha": 4}"#, "and 4 by adapter_config.json"),
            (Self.adapter(), #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "use_dora": true}"#, "no magnitudes"),
            (Self.adapter(), #"{"peft_type": "LOHA"}"#, "peft_type is LOHA"),
        ]
        for (place, (adapter, config, problem)) in cases.enumerated() {
            let folder = try Self.write(adapter, to: home.path("lora\(place)"), config: config)
            let error = try await #require(throws: (any Error).self) {
                try await home.registry.merge(Self.request(folder))
            }
            #expect("\(error)".contains(problem), "\(error)")
            #expect(try home.storedFiles() == stored)
        }
        #expect(try home.registry.list().count == 3)
    }
}
