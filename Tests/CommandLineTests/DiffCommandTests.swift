import Bytes
import Foundation
import Testing

@testable import CommandLine
@testable import Registry

@Suite("ingot diff", .timeLimit(.minutes(20))) struct DiffCommandTests {
    @Test("exits with 0 unless it is asked to tell a difference by its exit code") func exitCodes() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", folder.write(TinyWeights.file(), to: "a.safetensors"), "--as", "a")
        try ingot.succeeding("register", folder.write(TinyWeights.file(seed: 2), to: "b.safetensors"), "--as", "b")
        try ingot.succeeding("export", "a", folder("f"), "--dtype", "f32")
        try ingot.succeeding("register", folder("f"), "--as", "f")
        #expect(try ingot("diff", "a", "b").exitCode == 0)
        #expect(try ingot("diff", "a", "b", "--exit-code").exitCode == 1)
        #expect(try ingot("diff", "a", "b", "--exit-code", "--digests-only").exitCode == 1)
        #expect(try ingot("diff", "a", "a", "--exit-code").exitCode == 0)
        // The same numbers in another dtype are no difference; their bytes are.
        #expect(try ingot("diff", "a", "f", "--exit-code").exitCode == 0)
        #expect(try ingot("diff", "a", "f", "--exit-code", "--digests-only").exitCode == 1)
        #expect(try ingot("diff", "a", "none").exitCode == 1)
    }

    @Test("refuses options that contradict each other") func misuse() throws {
        let ingot = IngotProcess(home: "/nonexistent")
        for options in [["--top", "3", "--tensors"], ["--top", "-1"], ["--threads", "0"]] {
            #expect(try ingot.run(["diff", "a", "b"] + options).exitCode == 64, "\(options)")
        }
        #expect(try ingot("diff", "a").exitCode == 64)
    }

    @Test("prints ASCII where nothing says that UTF-8 is shown, and no colors") func plain() throws {
        let folder = try TemporaryFolder()
        let ingot = IngotProcess(home: folder("home"))
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--to", "nf4")
        let output = try ingot.succeeding("diff", "tiny", "tiny:nf4", "--top", "2").output
        #expect(!output.contains("\u{1B}"))
        #expect(output.contains("tensors  38: 10 identical, 28 changed"))
        #expect(output.contains("\nmlp_down       7777\n"))
        #expect(output.contains("… and 26 more (--tensors lists all)"))
        #expect(output.contains("\nconfiguration\n  + quantization_config: "))
    }

    // MARK: The strip

    private static func cell(_ part: String, _ status: DiffReport.Status, error: Double? = nil) -> DiffReport.Cell {
        var counts = DiffReport.Counts()
        counts[status] = 1
        return DiffReport.Cell(part: part, tensors: 1, counts: counts, relRmse: error)
    }

    private static let plain = BarStyle(hasEighths: false, lineCells: 100)

    @Test("draws a line for each part, with a cell for each layer") func strip() {
        let groups = [
            DiffReport.Group(layer: nil, cells: [Self.cell("embedding", .reshaped)]),
            .init(layer: 0, cells: [Self.cell("norm", .identical), Self.cell("mlp_up", .changed, error: 1e-7)]),
            .init(layer: 1, cells: [Self.cell("norm", .equal), Self.cell("mlp_up", .changed, error: 3)]),
            .init(layer: 2, cells: [Self.cell("norm", .added), Self.cell("mlp_up", .different)]),
        ]
        let lines = HeatStrip(groups: groups, bars: Self.plain, terminal: .plain).lines()
        #expect(lines.dropLast() == ["layer        0", "embedding ~", "norm         .=+", "mlp_up       18?"])
        let drawn = HeatStrip(
            groups: groups, bars: BarStyle(hasEighths: true, lineCells: 100), terminal: TerminalStyle(isOn: true)
        ).lines()
        #expect(drawn[2] == "norm         ·=+")
        #expect(drawn[3] == "mlp_up       \u{1B}[38;5;28m▁\u{1B}[0m\u{1B}[38;5;196m█\u{1B}[0m?")
    }

    @Test("goes on below where the layers do not fit in a line") func bands() {
        let groups = (0..<30).map { DiffReport.Group(layer: $0, cells: [Self.cell("norm", .identical)]) }
        let lines = HeatStrip(
            groups: groups, bars: BarStyle(hasEighths: false, lineCells: 25), terminal: .plain
        ).lines()
        #expect(lines[0].hasSuffix("0         10"))
        #expect(lines[1].hasSuffix(".............."))
        #expect(lines.count == 7)
        let rulers = lines.prefix(6).filter { $0.hasPrefix("layer") }
        #expect(rulers.map { $0.split(separator: " ")[1] } == ["0", "14", "28"])
    }

    @Test("draws nothing without tensors") func nothing() {
        #expect(HeatStrip(groups: [], bars: Self.plain, terminal: .plain).lines() == [])
    }

    // MARK: The summary

    @Test("folds names by layers, and escapes what files say") func summary() throws {
        func tensor(_ name: String, _ status: DiffReport.Status, other: String? = nil) -> DiffReport.Tensor {
            DiffReport.Tensor(name: name, otherName: other, status: status, part: "other")
        }
        let artifact = DiffReport.Artifact(
            name: "a", digest: "0123456789abcdef", kind: "checkpoint", scheme: "bf16", format: "safetensors",
            parameters: 1, bytes: 1_000)
        var counts = DiffReport.Counts()
        (counts.added, counts.removed, counts.renamed) = (11, 1, 1)
        let report = DiffReport(
            first: artifact, second: artifact, differs: true, digestsOnly: false, counts: counts, groups: [],
            tensors: (0..<11).map { tensor("layers.\($0).w", .added) } + [
                tensor("gone\u{1B}[2J", .removed), tensor("old.w", .renamed, other: "new.w"),
            ],
            config: [
                .init(key: "rope.factor", first: "8", second: "16"), .init(key: "x", first: nil, second: "\"\n\""),
            ],
            tokenizer: .init(
                firstTokens: 2_048, secondTokens: 2_049, added: .init(count: 1, examples: ["'hi' (5)"]),
                removed: .init(), moved: .init(), retyped: .init(), rescored: 0, addedMerges: 3, removedMerges: 0,
                reorderedMerges: false, settings: []),
            files: [.init(path: "README.md", firstDigest: nil, secondDigest: "00")], notes: [])
        let lines = try DiffSummary(report: report, shown: 10, terminal: .plain, bars: Self.plain).lines()
        #expect(lines.contains("  layers.{0-10}.w (11)"))
        #expect(lines.contains("  gone\\u{1b}[2J"))
        #expect(lines.contains("  old.w → new.w"))
        #expect(lines.contains("  rope.factor: 8 → 16") && lines.contains("  + x: \"\\n\""))
        #expect(lines.contains("  tokens: 2,048 → 2,049") && lines.contains("  1 added: 'hi' (5)"))
        #expect(lines.contains("  merges: 3 added, 0 removed") && lines.contains("  + README.md"))
    }
}
