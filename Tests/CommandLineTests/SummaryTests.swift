import Foundation
import Testing

@testable import CommandLine
@testable import Registry

@Suite("Summaries") struct SummaryTests {
    @Test("of a registration say what, where and how large") func register() {
        #expect(
            Samples.register.summary == [
                "registered tiny-llama:latest (version 1)",
                "  kind      checkpoint, bf16, safetensors",
                "  digest    0123456789ab",
                "  weights   3,407,872 parameters in 38 tensors, 4 files",
                "  size      6.8 MB, 6.8 MB of them new in the store",
                "  left out  notes.txt: not a file of a model",
                "  time      0.10 s",
                "next: ingot convert tiny-llama --to nf4",
            ])
    }

    @Test("of a registration suggest nothing where nothing would work") func noNextStep() {
        var report = Samples.register
        report.next = nil
        #expect(!report.summary.joined().contains("next:"))
    }

    @Test("of a look tell what all shards say once, and the rest by file") func metadata() throws {
        let path = Project.folder.appendingPathComponent("fixtures/safetensors/tiny-llama-sharded").path
        var report = try ModelRegistry.inspect(path)
        let shared = report.summary(listsTensors: false).filter { $0.contains("format = pt") }
        #expect(shared == ["  metadata      format = pt"])
        let second = "model-00002-of-00004.safetensors"
        report.metadata.append(.init(file: second, key: "step", value: "7"))
        let lines = report.summary(listsTensors: false)
        #expect(lines.count { $0.contains("format = pt") } == 1)
        let place = try #require(lines.firstIndex { $0.hasSuffix("  \(second):") })
        #expect(lines[place + 1].hasSuffix("    step = 7"))
    }

    @Test("of a conversion say ratio, error and the tensors kept, by reason") func convert() {
        #expect(
            Samples.convert.summary == [
                "converted tiny-llama:latest to tiny-llama:nf4",
                "  scheme           bnb-nf4",
                "  digest           0123456789ab",
                "  size             6.8 MB → 2.1 MB (3.20× smaller), 2.0 MB new in the store",
                "  bits per weight  4.5",
                "  relative RMSE    0.0912; worst 0.1 in model.layers.0.mlp.up_proj.weight",
                "  quantized        28 tensors",
                "  kept             5 tensors",
                "                   a norm:",
                "                     model.layers.{0-3}.input_layernorm.weight (4)",
                "                   the embedding:",
                "                     model.embed_tokens.weight",
                "  time             0.25 s",
                "next: ingot export tiny-llama:nf4 ./tiny-llama-nf4",
            ])
    }

    @Test("of a conversion with many kept tensors say how to see all") func manyKept() {
        var report = Samples.convert
        report.kept = (0..<26).map { index in
            let letter = Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(index)))
            return .init(tensor: "\(letter).weight", reason: "one-dimensional")
        }
        let hint = "… and 6 more: 'ingot tensors tiny-llama:nf4' lists every tensor"
        #expect(report.summary.contains { $0.hasSuffix(hint) })
    }

    @Test("of work that was done before say so") func unchanged() {
        var register = Samples.register
        register.outcome = "unchanged"
        var convert = Samples.convert
        convert.outcome = "unchanged"
        #expect(register.summary[0] == "tiny-llama:latest is registered already; nothing to do")
        #expect(convert.summary[0] == "tiny-llama:nf4 was converted from tiny-llama:latest before; nothing to do")
    }

    @Test("of an artifact hold what a model card needs") func show() {
        let text = Samples.detail.summary(.plain).joined(separator: "\n")
        for fact in [
            "tiny-llama:nf4\n", "quantization    bitsandbytes NF4, block 64: 28 of 33 tensors",
            "read with       --state-path ema", "also            tiny-llama:small", "architecture  LlamaForCausalLM",
            "heads         8, 4 for keys and values", "vocabulary    2,048",
            "size             2.1 MB (2,130,000 bytes)",
            "model.safetensors    2.1 MB  weights  0123456789ab",
            "tiny-llama:latest  base, quantize bnb-nf4, relative RMSE 0.0912, by ingot 0.1.0, 2026-05-01 09:30",
            "heldout  loss = 2.81 ± 0.01  by lm-eval 0.4.9  2026-05-01 09:31",
        ] { #expect(text.contains(fact), "\(fact)") }
        #expect(!text.contains("children"))
    }

    @Test("of damage name the artifacts and the places") func damage() {
        let text = Samples.verify.summary.joined(separator: "\n")
        #expect(text.contains("1 blob damaged"))
        #expect(text.contains("needed by  tiny-llama:nf4"))
        #expect(text.contains("next: ingot repair --all"))
    }

    @Test("never hand control characters of a file to the terminal") func hostileNames() {
        var report = Samples.register
        report.leftOut = [.init(path: "\u{1B}]0;owned\u{7}", reason: "x")]
        #expect(!report.summary.joined().unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test("join tensors that differ in their numbers only") func compaction() {
        let names = [
            "a.weight", "l.0.x", "l.1.x", "l.3.x", "l.0.experts.0.w", "l.0.experts.1.w", "v1.weight", "l.01.x",
        ]
        #expect(
            TensorNames.compacted(names) == [
                "a.weight", "l.{0-1,3}.x (3)", "l.0.experts.{0-1}.w (2)", "v1.weight", "l.01.x",
            ])
    }
}
