import ArgumentParser
import Testing

@testable import CommandLine
@testable import Registry

@Suite("Filters of ls") struct ArtifactFilterTests {
    private static func row(
        _ name: String, kind: String = "quantized", scheme: String = "bnb-nf4", bytes: Int = 1000, error: Double? = nil,
        created: String = "2026-01-01T00:00:00Z"
    ) -> ArtifactRow {
        ArtifactRow(
            name: name, tag: "latest", version: 1, kind: kind, origin: "derived", scheme: scheme, format: "safetensors",
            digest: name, weightsDigest: name, architecture: "LlamaForCausalLM", parameters: bytes, logicalBytes: bytes,
            storedBytes: bytes, uniqueBytes: bytes, bitsPerWeight: nil, relRmse: error, license: "MIT",
            createdAt: created, quantization: nil)
    }

    private static let rows = [
        row("a", kind: "checkpoint", scheme: "bf16", bytes: 4000, created: "2026-03-01T00:00:00Z"),
        row("b", error: 0.1, created: "2026-02-01T00:00:00Z"),
        row("c", scheme: "bnb-nf4-dq", bytes: 900, error: 0.2),
        row("d", scheme: "gguf-q4_0", bytes: 1100, error: 0.05),
    ]

    private func names(_ arguments: String...) throws -> [String] {
        try ArtifactFilter.parse(arguments).apply(to: Self.rows).compactMap(\.name)
    }

    @Test("choose by kind, scheme with or without family, architecture, license and size") func choose() throws {
        #expect(try names() == ["a", "b", "c", "d"])
        #expect(try names("--kind", "checkpoint") == ["a"])
        #expect(try names("--scheme", "nf4") == ["b"])
        #expect(try names("--scheme", "BNB-nf4-dq") == ["c"])
        #expect(try names("--scheme", "q4_0", "--license", "mit", "--architecture", "llama") == ["d"])
        #expect(try names("--architecture", "bert") == [])
        #expect(try names("--min-bytes", "1kB", "--max-bytes", "1100") == ["b", "d"])
    }

    @Test("sort the newest, largest and worst first, and what has no number last") func sort() throws {
        #expect(try names("--sort", "created") == ["a", "b", "c", "d"])
        #expect(try names("--sort", "created", "--reverse") == ["d", "c", "b", "a"])
        #expect(try names("--sort", "bytes", "--limit", "2") == ["a", "d"])
        #expect(try names("--sort", "rel_rmse") == ["c", "b", "d", "a"])
        #expect(try names("--sort", "rel_rmse", "--reverse") == ["d", "b", "c", "a"])
        #expect(try names("--reverse") == ["d", "c", "b", "a"])
    }

    @Test(
        "refuse what makes no sense",
        arguments: [
            ["--limit", "0"], ["--min-bytes", "2GB", "--max-bytes", "1GB"], ["--kind", "small"], ["--sort", "color"],
        ])
    func refuse(arguments: [String]) {
        #expect(throws: (any Error).self) { _ = try ListCommand.parse(arguments) }
    }
}
