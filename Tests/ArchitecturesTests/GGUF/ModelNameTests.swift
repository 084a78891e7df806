import Testing

@testable import Architectures

@Suite("Model name") struct ModelNameTests {
    struct Case: Sendable {
        let name: String
        let parameters: Int
        let expected: [String?]

        init(
            _ name: String, _ parameters: Int, _ title: String?, _ organization: String?, _ basename: String?,
            _ size: String?, _ finetune: String?, _ version: String?
        ) {
            self.name = name
            self.parameters = parameters
            expected = [title, organization, basename, size, finetune, version]
        }
    }

    /// Title, organization, base, size, tuning and version, as gguf-py 0.19.0 (`Metadata.get_model_id_components`) has
    /// them.
    @Test(
        "is taken apart as llama.cpp's converter does",
        arguments: [
            Case(
                "HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008, "SmolLM2 135M Instruct", "HuggingFaceTB", "SmolLM2",
                "135M", "Instruct", nil),
            Case(
                "Qwen/Qwen2.5-7B-Instruct", 7_615_616_512, "Qwen2.5 7B Instruct", "Qwen", "Qwen2.5", "7B", "Instruct",
                nil),
            Case("meta-llama/Llama-3.2-1B", 1_235_814_400, "Llama 3.2 1B", "Meta Llama", "Llama-3.2", "1B", nil, nil),
            Case(
                "mistralai/Mixtral-8x7B-Instruct-v0.1", 46_702_792_704, "Mixtral 8x7B Instruct v0.1", "Mistralai",
                "Mixtral",
                "8x7B", "Instruct", "v0.1"),
            Case("google/gemma-3-4b-it", 3_880_099_328, "Gemma 3 4b It", "Google", "gemma-3", "4B", "it", nil),
            Case(
                "microsoft/Phi-3-mini-4k-instruct", 3_821_079_552, "Phi 3 Mini 4k Instruct", "Microsoft", "Phi-3",
                "mini",
                "4k-instruct", nil),
            Case("openai-community/gpt2", 124_439_808, "Gpt2", "Openai Community", nil, nil, nil, nil),
            Case(
                "sentence-transformers/all-MiniLM-L6-v2", 22_713_216, "All MiniLM L6 v2", "Sentence Transformers",
                "all-MiniLM-L6", nil, nil, "v2"),
            Case("tiny-llama", 3_674_112, "Tiny Llama", nil, nil, nil, nil, nil),
            Case("bigscience/bloom-7b1", 7_069_016_064, "Bloom 7b1", "Bigscience", "bloom", "7.1B", nil, nil),
            Case("./models/x-7b", 7_000_000_000, "Models/X 7b", nil, "models/x", "7B", nil, nil),
            Case("a plain sentence", 1, "A Plain Sentence", nil, nil, nil, nil, nil),
            Case("TheBloke/Llama-2-7B-fp16", 6_738_415_616, "Llama 2 7B Fp16", "TheBloke", "Llama-2", "7B", nil, nil),
            Case("Qwen3-30B-A3B", 30_532_122_624, "Qwen3 30B A3B", nil, "Qwen3", "30B-A3B", nil, nil),
            Case(
                "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000, "DeepSeek R1 Distill Qwen 1.5B",
                "Deepseek Ai",
                "DeepSeek-R1-Distill-Qwen", "1.5B", nil, nil),
            Case("checkpoint-500", 10, "Checkpoint 500", nil, "checkpoint", nil, nil, "500"),
            Case(
                "01-ai/Yi-1.5-34B-Chat-16K", 34_388_917_248, "Yi 1.5 34B Chat 16K", "01 Ai", "Yi-1.5", "34B",
                "Chat-16k", nil),
            Case("", 0, "", nil, nil, nil, nil, nil), Case("-/-", 0, "", "-", nil, nil, nil, nil),
        ])
    func parts(example: Case) {
        let name = ModelName(parsing: example.name, parameterCount: example.parameters)
        let found = [name.title, name.organization.map { _ in name.organizationTitle ?? "" }, name.basename]
        let organization = example.name == "-/-" ? "" : example.expected[1]
        #expect(found == [example.expected[0], organization, example.expected[2]])
        #expect([name.sizeLabel, name.finetune, name.version] == Array(example.expected[3...]))
    }

    @Test(
        "gives a size of two digits at least",
        arguments: [
            (999, "1.0K"), (10_400, "10K"), (99_500, "100K"), (1_000_000, "1000K"), (1_000_001, "1.0M"),
            (134_515_008, "135M"), (1_235_814_400, "1.2B"), (9_960_000_000, "10B"), (1_760_000_000_000, "1.8T"),
        ])
    func size(count: Int, label: String) {
        let tensor = TensorMapping(name: "a.weight", shape: [count], content: .values([]))
        #expect(ModelSize(of: [tensor]).label == label)
    }

    @Test("counts one expert of each layer, times the experts")
    func experts() {
        let tensors = [
            TensorMapping(name: "token_embd.weight", shape: [1000, 1000], content: .values([])),
            TensorMapping(name: "blk.0.ffn_up_exps.weight", shape: [8, 2000, 500], content: .values([])),
        ]
        #expect(ModelSize(of: tensors).label == "8x2.0M")
        #expect(ModelSize(of: []).label == nil)
    }

    @Test("goes into the metadata with the card's license and parents")
    func card() {
        let text = "---\nlicense: mit\nbase_model: [Qwen/Qwen2.5-7B, local]\n---\n"
        let description = ModelDescription(name: "a/b-7B", card: ModelCard(parsing: Array(text.utf8)))
        let items = description.metadata(architecture: "llama", tensors: [])
        let expected: [(String, MetadataValue)] = [
            ("architecture", .string("llama")), ("type", .string("model")), ("name", .string("B 7B")),
            ("organization", .string("A")), ("basename", .string("b")), ("size_label", .string("7B")),
            ("license", .string("mit")), ("base_model.count", .u32(2)), ("base_model.0.name", .string("Qwen2.5 7B")),
            ("base_model.0.organization", .string("Qwen")),
            ("base_model.0.repo_url", .string("https://huggingface.co/Qwen/Qwen2.5-7B")),
            ("base_model.1.name", .string("Local")),
        ]
        #expect(items == expected.map { MetadataItem("general." + $0.0, $0.1) })
    }
}
