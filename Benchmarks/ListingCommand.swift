import ArgumentParser
import Bytes
import Catalog
import Foundation
import Tensors

/// Measures how long a person waits for a list of artifacts, a search and a completion, from a cold start each time.
struct ListingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Measure 'ingot ls' over a home of many artifacts, beside the limits and 'hf cache ls'.")

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A home to make; it must not exist, and is removed at the end.") var home: String
    @Option(help: "The artifacts.") var artifacts = 1_000
    @Option(help: "The tensors of each.") var tensors = 290
    @Option(help: "The blobs that the files of each are made of.") var blobs = 200
    @Option(help: "How often to measure.") var runs = 15
    @Option(help: "A Python with huggingface_hub beside it, for 'hf cache ls'.") var peers: String?
    @Option(help: "The repositories in the peer's cache.") var repositories = 200

    func validate() throws {
        guard runs > 0, artifacts > 0, tensors > 0, blobs > 0, repositories > 0 else {
            throw ValidationError("--runs, --artifacts, --tensors, --blobs and --repositories must be above 0.")
        }
        guard !FileManager.default.fileExists(atPath: home) else {
            throw ValidationError("'\(home)' exists already; name another --home.")
        }
    }

    func run() throws {
        defer {
            // What cannot be removed is left to whoever named the folder.
            try? Folder.removeTree(home)
        }
        let large = try fill()
        let catalogBytes = FileIdentity(path: home + "/catalog.sqlite")?.byteCount ?? 0
        var rows = try [
            ("ingot ls", ["ls"]), ("ingot ls --output json", ["ls", "--output", "json"]),
            ("ingot ls WORD (of cards)", ["ls", "children"]), ("ingot ls NAME", ["ls", "model-77"]),
            ("ingot show", ["show", "model-7"]), ("ingot sql", ["sql", "SELECT count(*) FROM artifact_summary"]),
            ("completion", ["---completion", "show", "--", "positional@0", "2", "8", "ingot", "show", "model-77"]),
            ("ingot version", ["version"]),
        ].map { name, arguments in row(name, try measure([ingot] + arguments, ["INGOT_HOME": home])) }
        if let peers { rows.append(row("hf cache ls, \(repositories)", try measureHub(peers))) }
        print(
            "\(artifacts) artifacts of \(tensors) tensors in \(blobs) blobs, catalog of \(catalogBytes / 1_000_000) MB, \(runs) runs: ms"
        )
        printTable([["", "wall min", "median", "max", "CPU min", "median", "max"]] + rows)
        print("an artifact of 60,000 tensors enters the catalog in \(Spread.text(large, digits: 2)) CPU-seconds")
        let limits = try Limits.measure(path: home + "/catalog.sqlite", scratch: home + "/copy", runs: 5)
        print("limits of this run: GB per CPU-second")
        printTable([["", "min", "median", "max"]] + limits.rows)
    }

    private func measure(_ arguments: [String], _ environment: [String: String]) throws -> [Elapsed] {
        try (0..<runs).map { _ in try ChildProcess.run(arguments, environment: environment).elapsed }
    }

    private func row(_ name: String, _ times: [Elapsed]) -> [String] {
        [name] + Spread(times.map { $0.wall * 1000 }).cells + Spread(times.map { $0.processor * 1000 }).cells
    }

    /// Makes the home.
    /// - Returns: the processor time of entering one artifact of 60,000 tensors, which goes again.
    private func fill() throws -> Double {
        try Folder.make(home + "/blobs")
        try Folder.make(home + "/incoming")
        let catalog = try CatalogDatabase(path: home + "/catalog.sqlite", access: .readWrite)
        let story = String(repeating: "It was trained on short stories for children, word by word. ", count: 50)
        for number in 0..<artifacts {
            var draft = try draft(number, tensors: tensors)
            draft.card = CardDraft(languages: ["en"], tags: ["tag\(number % 7)"], text: "# Model \(number)\n\(story)")
            _ = try catalog.insert(draft, naming: Naming(try TagName(model: "model-\(number)")))
        }
        let large = try draft(-1, tensors: 60_000)
        let elapsed = try Elapsed.of { _ = try catalog.insert(large) }
        _ = try catalog.forget([large.digest])
        return elapsed.processor
    }

    private func draft(_ number: Int, tensors count: Int) throws -> ArtifactDraft {
        guard let shape = Shape([8]) else { throw ValidationError("no shape") }
        let pieces = (0..<blobs).map { BlobDraft(digest: Digest(of: "blob \(number) \($0)"), byteCount: count * 16) }
        let tensors = (0..<count).map { index in
            TensorDraft(
                name: "model.layers.\(index / 9).\(Self.parts[index % 9]).weight", dtype: "BF16", shape: shape,
                byteOffset: index * 16, byteCount: 16, digest: Digest(of: "tensor \(number) \(index)"),
                parameterCount: 8)
        }
        let file = FileDraft(
            path: "model.safetensors", digest: Digest(of: "file \(number)"), byteCount: pieces.count * count * 16,
            role: "weights",
            segments: pieces.map { Segment(blob: $0.digest, blobOffset: 0, byteCount: $0.byteCount) }, tensors: tensors)
        return ArtifactDraft(
            digest: Digest(of: "artifact \(number)"), weightsDigest: nil, kind: .checkpoint, origin: .imported,
            scheme: "bf16", format: "safetensors",
            facts: ModelFacts(architecture: "LlamaForCausalLM", license: "apache-2.0"), parameterCount: count * 8,
            weightByteCount: count * 16, blobs: pieces, files: [file])
    }

    private static let parts = [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
        "mlp.down_proj", "input_layernorm", "post_attention_layernorm",
    ]

    /// A cache of Hugging Face's libraries with small repositories, and the time of its own list.
    private func measureHub(_ python: String) throws -> [Elapsed] {
        let cache = home + "/hub"
        for number in 0..<repositories {
            let revision = Digest(of: "commit \(number)").hex.prefix(40), blob = Digest(of: "file \(number)").hex
            let folder = "\(cache)/models--made-up--model-\(number)"
            for name in ["blobs", "refs", "snapshots/\(revision)"] { try Self.make("\(folder)/\(name)") }
            try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(folder)/blobs/\(blob)"))
            try Data(revision.utf8).write(to: URL(fileURLWithPath: "\(folder)/refs/main"))
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/snapshots/\(revision)/config.json", withDestinationPath: "../../blobs/\(blob)")
        }
        let program = URL(fileURLWithPath: python).deletingLastPathComponent().appendingPathComponent("hf").path
        return try measure([program, "cache", "ls"], ["HF_HUB_CACHE": cache, "HF_HUB_OFFLINE": "1"])
    }

    private static func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}
