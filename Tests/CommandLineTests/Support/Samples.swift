@testable import Registry

/// Reports as the registry gives them, with every kind of value.
enum Samples {
    static let digest = String(repeating: "0123456789abcdef", count: 4)
    static let otherDigest = String(repeating: "fedcba9876543210", count: 4)

    static let convert = ConvertReport(
        outcome: "converted", name: "tiny-llama:nf4", digest: digest, parent: "tiny-llama:latest",
        parentDigest: otherDigest, scheme: "bnb-nf4", recipeDigest: digest, quantizedTensorCount: 28,
        exactTensorCount: 0,
        kept: (0..<4).map { .init(tensor: "model.layers.\($0).input_layernorm.weight", reason: "a norm") }
            + [.init(tensor: "model.embed_tokens.weight", reason: "the embedding")],
        replacements: [],
        parameterCount: 3_407_872, bitsPerWeight: 4.5, relativeRmse: 0.0912,
        worstTensor: .init(tensor: "model.layers.0.mlp.up_proj.weight", relativeRmse: 0.1), logicalBytes: 2_130_000,
        parentLogicalBytes: 6_815_744, newBytes: 2_000_000, notes: ["a note"], seconds: 0.25)

    static let register = RegisterReport(
        outcome: "registered", name: "tiny-llama:latest", version: 1, digest: digest, weightsDigest: otherDigest,
        kind: "checkpoint", scheme: "bf16", format: "safetensors", fileCount: 4, tensorCount: 38,
        parameterCount: 3_407_872, logicalBytes: 6_815_744, newBytes: 6_815_744,
        leftOut: [.init(path: "notes.txt", reason: "not a file of a model")], referenced: [], notes: [], seconds: 0.1,
        conversion: nil, next: "ingot convert tiny-llama --to nf4")

    static let export = ExportReport(
        name: "tiny-llama:nf4", digest: digest, destination: "./out",
        format: "safetensors",
        files: [.init(path: "model.safetensors", bytes: 2_130_000, digest: digest, method: "copied")],
        bytes: 2_130_000,
        changes: [
            .init(
                name: "rotary.inv_freq", outcome: "dropped", reason: "computed by the program", fromType: nil,
                toType: nil)
        ], notes: [], seconds: 0.01)

    static let artifact = ArtifactRow(
        name: "tiny-llama", tag: "nf4", version: nil, kind: "quantized", origin: "derived", scheme: "bnb-nf4",
        format: "safetensors", digest: digest, weightsDigest: otherDigest, architecture: "LlamaForCausalLM",
        parameters: 3_407_872, logicalBytes: 2_130_000, storedBytes: 2_130_000, uniqueBytes: 2_000_000,
        bitsPerWeight: 4.5, relRmse: 0.0912, license: nil, createdAt: "2026-05-01T09:30:00Z",
        quantization: "bitsandbytes NF4, block 64: 28 of 33 tensors")

    static let result = ResultRow(
        artifact: "tiny-llama:nf4", digest: digest, task: "heldout", metric: "loss", value: 2.81, valueText: nil,
        unit: nil, higherIsBetter: false, stderr: 0.01, sampleCount: 16, dataset: nil, tool: "lm-eval",
        toolVersion: "0.4.9", host: nil, measuredAt: "2026-05-01T09:31:00Z", promptDigest: digest, cpu: "AMD EPYC",
        cores: 2, memoryBytes: 16_000_000_000, extra: #"{"shots":5}"#)

    static let tensor = TensorRow(
        name: "model.embed_tokens.weight", dtype: "BF16", shape: [2_048, 256], parameters: 524_288, bytes: 1_048_576,
        digest: digest, minimum: -0.5, maximum: 0.5, absoluteMaximum: 0.5, mean: 1e-7, standardDeviation: 0.02,
        zeroFraction: 0, nanCount: 0, infinityCount: 0, relRmse: nil, cosine: nil, snrDb: nil, maximumError: nil,
        bitsPerWeight: 16, storedName: "model.embed_tokens.weight")

    static let recipe = #"{"steps":[{"transform":"quantize","parameters":{"scheme":"bnb-nf4"}}]}"#

    static let relation = ArtifactDetail.Relation(
        name: "tiny-llama:latest", digest: otherDigest, role: "base", recipe: recipe, tool: "ingot",
        toolVersion: "0.1.0", relRmse: 0.0912, createdAt: "2026-05-01T09:30:00Z")

    static let detail = ArtifactDetail(
        artifact: artifact, names: ["tiny-llama:nf4", "tiny-llama:small"], modelType: "llama", layerCount: 4,
        hiddenSize: 256, headCount: 8, keyValueHeadCount: 4, vocabularySize: 2_048, contextLength: 512,
        baseModel: nil, sourcePath: nil, reading: "--state-path ema",
        files: [
            .init(path: "model.safetensors", role: "weights", bytes: 2_130_000, digest: digest, referencedPath: nil)
        ],
        tensorCount: 150, parents: [relation], children: [], results: [result])

    static let verify = VerifyReport(
        artifactCount: 2, blobCount: 40, bytes: 9_000_000,
        damage: [.init(blob: digest, problem: "changed", artifacts: ["tiny-llama:nf4"], places: ["model.safetensors"])],
        seconds: 0.05)

    static let remove = RemoveReport(
        names: ["tiny-llama:nf4"], artifacts: [digest], freedBytes: 2_000_000, freedBlobs: 30, notes: [])

    /// An edge from `parent` down to `child`; digests are the names.
    static func edge(_ parent: String, _ child: String, role: String = "base") -> LineageReport.Edge {
        LineageReport.Edge(
            child: child, childDigest: child, parent: parent, parentDigest: parent, role: role, recipe: recipe,
            tool: "ingot", toolVersion: "0.1.0", host: "desk", createdAt: "2026-05-01T09:30:00Z", seconds: 2,
            relRmse: nil)
    }
}
