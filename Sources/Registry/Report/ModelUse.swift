import Bytes

/// What programs load an artifact, and what it is for.
struct ModelUse {
    private let facts: ReportFacts

    init(_ facts: ReportFacts) { self.facts = facts }

    /// The families of schemes by the beginnings of their ids, with the names that the Hub has for them.
    private static let families = [
        "bnb-": "bitsandbytes", "gguf-": "gguf", "mlx-": "mlx", "gptq-": "gptq", "awq-": "awq",
        "ct-": "compressed-tensors", "fp8-": "fp8",
    ]

    /// Who wrote the quantized layout; nil for plain weights.
    var family: String? {
        if facts.artifact.format == "gguf" { return "gguf" }
        return Self.families.first { facts.artifact.scheme.hasPrefix($0.key) }?.value
    }

    private var hasConfiguration: Bool { facts.detail.files.contains { $0.path == "config.json" } }

    /// The library as the Hub calls it; nil where none loads the files as they are.
    var library: String? {
        switch family {
        case "gguf": "gguf"
        case "mlx": "mlx"
        default: facts.artifact.format == "safetensors" && hasConfiguration ? "transformers" : nil
        }
    }

    /// Tasks by the ends of the names of classes in transformers.
    private static let tasks = [
        ("ForCausalLM", "text-generation", "Text Generation"), ("LMHeadModel", "text-generation", "Text Generation"),
        ("ForMaskedLM", "fill-mask", "Fill-Mask"),
        ("ForSequenceClassification", "text-classification", "Text Classification"),
        ("ForTokenClassification", "token-classification", "Token Classification"),
        ("ForQuestionAnswering", "question-answering", "Question Answering"),
        ("ForImageClassification", "image-classification", "Image Classification"),
        ("Model", "feature-extraction", "Feature Extraction"),
    ]

    /// What it is for, as the Hub's tasks are called; nil where its architecture does not tell.
    var task: (type: String, name: String)? {
        if let pipeline = facts.detail.pipeline {
            let name = Self.tasks.first { $0.1 == pipeline }?.2 ?? pipeline.replacing("-", with: " ").capitalized
            return (pipeline, name)
        }
        guard let architecture = facts.artifact.architecture else { return nil }
        return Self.tasks.first { architecture.hasSuffix($0.0) }.map { ($0.1, $0.2) }
    }

    /// A folder to export to: the last part of the name.
    private var folder: String {
        let name = facts.name.split(separator: "/").last.map(String.init) ?? facts.name
        return "./" + name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? String($0) : "-" }.joined()
    }

    /// How the files are written and loaded, as lines of Markdown.
    var lines: [String] {
        let export = MarkdownText.block(["ingot export \(facts.name) \(folder)"], language: "sh")
        guard let (words, commands, language) = program else { return export }
        return export + ["", words, ""] + MarkdownText.block(commands, language: language)
    }

    private var program: (words: String, commands: [String], language: String)? {
        let weights = facts.detail.files.first { $0.role == "weights" }?.path ?? "model.gguf"
        switch family {
        case "gguf":
            let path = weights.withVisibleControls.replacing("'", with: "'\\''")
            return ("With llama.cpp:", ["llama-cli -m '\(folder)/\(path)' -p 'Once upon a time'"], "sh")
        case "mlx":
            return ("With mlx-lm:", ["mlx_lm.generate --model \(folder) --prompt 'Once upon a time'"], "sh")
        case "compressed-tensors", "fp8":
            return ("With vLLM:", ["vllm serve \(folder)"], "sh")
        default: return library == "transformers" ? transformers : nil
        }
    }

    private var transformers: (words: String, commands: [String], language: String) {
        let needs = ["bitsandbytes": " and bitsandbytes", "gptq": " and gptqmodel", "awq": " and gptqmodel"]
        let kind = task?.type == "text-generation" ? "AutoModelForCausalLM" : "AutoModel"
        return (
            "With transformers\(family.flatMap { needs[$0] } ?? ""):",
            [
                "from transformers import \(kind), AutoTokenizer", "",
                "model = \(kind).from_pretrained(\"\(folder)\")",
                "tokenizer = AutoTokenizer.from_pretrained(\"\(folder)\")",
            ], "python"
        )
    }
}
