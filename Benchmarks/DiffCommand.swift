import ArgumentParser
import Bytes
import Catalog
import Foundation
import Tensors

/// Measures how long `ingot diff` takes to compare long lists of tensors by digest, start of the process included.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Measure 'ingot diff' of artifacts with many tensors by digest, beside SHA-256 and memcpy.")

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A home to make; it must not exist, and is removed at the end.") var home: String
    @Option(help: "The tensors of each artifact.") var tensors = 100_000
    @Option(help: "How often to measure.") var runs = 5

    func validate() throws {
        guard runs > 0, tensors > 0 else { throw ValidationError("--runs and --tensors must be above 0.") }
        guard !FileManager.default.fileExists(atPath: home) else {
            throw ValidationError("'\(home)' exists already; name another --home.")
        }
    }

    func run() throws {
        defer {
            // What cannot be removed is left to whoever named the folder.
            try? Folder.removeTree(home)
        }
        try fill()
        let rows = [
            ("start alone (version)", try measure(["version"])),
            ("the same tensors", try measure(["diff", "base", "same"])),
            ("1 % others, in another order", try measure(["diff", "base", "tuned", "--digests-only"])),
            ("the same as JSON", try measure(["diff", "base", "tuned", "--digests-only", "--json"])),
            ("all other tensors, all renamed", try measure(["diff", "base", "moved", "--digests-only"])),
        ]
        print("two artifacts of \(tensors) tensors, \(runs) runs: seconds")
        printTable(
            [["", "wall min", "median", "max", "CPU min", "median", "max"]]
                + rows.map { name, times in
                    [name] + Spread(times.map(\.wall)).cells + Spread(times.map(\.processor)).cells
                })
        let limits = try Limits.measure(path: home + "/catalog.sqlite", scratch: home + "/copy", runs: runs)
        printTable([["GB per CPU-second", "min", "median", "max"]] + limits.rows)
    }

    private func measure(_ arguments: [String]) throws -> [Elapsed] {
        try (0..<runs).map { _ in
            try ChildProcess.run([ingot] + arguments, environment: ["INGOT_HOME": home]).elapsed
        }
    }

    /// A mixture of experts, and what may have become of it.
    private func fill() throws {
        try Folder.make(home + "/blobs")
        try Folder.make(home + "/incoming")
        let catalog = try CatalogDatabase(path: home + "/catalog.sqlite", access: .readWrite)
        func name(_ number: Int) -> String {
            "model.layers.\(number / 1_152).mlp.experts.\(number / 9 % 128).w\(number % 9).weight"
        }
        let all = Array(0..<tensors)
        try insert("base", all.map { (name($0), "weight \($0)") }, catalog)
        try insert("same", all.map { (name($0), "weight \($0)") }, catalog)
        let tuned = all.reversed().map { (name($0), ($0.isMultiple(of: 100) ? "tuned" : "weight") + " \($0)") }
        try insert("tuned", tuned, catalog)
        try insert("moved", all.map { ("text_model." + name($0), "moved \($0)") }, catalog)
    }

    private func insert(
        _ name: String, _ tensors: [(name: String, content: String)], _ catalog: CatalogDatabase
    ) throws {
        guard let shape = Shape([128, 16]) else { throw ValidationError("The shape does not fit.") }
        let byteCount = 4_096
        let drafts = tensors.enumerated().map { place, tensor in
            TensorDraft(
                name: tensor.name, dtype: "BF16", shape: shape, byteOffset: place * byteCount, byteCount: byteCount,
                digest: Digest(of: tensor.content), parameterCount: shape.elementCount)
        }
        let blob = Digest(of: "blob of \(name)"), total = byteCount * tensors.count
        let draft = ArtifactDraft(
            digest: Digest(of: "artifact \(name)"), weightsDigest: nil, kind: .checkpoint, origin: .imported,
            scheme: "bf16", format: "safetensors", facts: ModelFacts(modelType: "mixtral"),
            parameterCount: shape.elementCount * tensors.count, weightByteCount: total,
            blobs: [BlobDraft(digest: blob, byteCount: total)],
            files: [
                FileDraft(
                    path: "model.safetensors", digest: Digest(of: "file of \(name)"), byteCount: total, role: "weights",
                    segments: [Segment(blob: blob, blobOffset: 0, byteCount: total)], tensors: drafts)
            ])
        _ = try catalog.insert(draft, naming: Naming(try TagName(model: name, tag: "latest")))
    }
}
