import Foundation
import Registry
import Testing

/// Worked examples of plans, from config.json to the report.
@Suite("Plans of worked examples") struct PlanPageTests {
    /// The file of Llama-2-70B's sizes, or of others.
    private func config(
        _ home: TemporaryHome, family: String = "llama", layers: Int = 80, hidden: Int = 8192, heads: Int = 64,
        keyValueHeads: Int = 8, width: Int = 28_672, vocabulary: Int = 32_000
    ) throws -> String {
        let text = """
            {"model_type":"\(family)","architectures":["LlamaForCausalLM"],"num_hidden_layers":\(layers),
             "hidden_size":\(hidden),"num_attention_heads":\(heads),"num_key_value_heads":\(keyValueHeads),
             "intermediate_size":\(width),"vocab_size":\(vocabulary),"max_position_embeddings":4096,
             "rms_norm_eps":1e-5,"tie_word_embeddings":false,"hidden_act":"silu"}
            """
        let path = home.path("config-\(family)-\(hidden).json")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func infer(
        _ model: String, batch: Int = 1, memory: Int? = nil, peak: Double? = nil, tensor: Int = 1,
        _ change: (inout InferencePlanRequest) -> Void
    ) throws -> InferencePlanReport {
        var target = PlanTarget(model: model, batch: batch)
        target.context = 4096
        target.memoryBytes = memory
        target.peakOperations = peak
        target.tensor = tensor
        var request = InferencePlanRequest(target)
        change(&request)
        return try ModelRegistry.planInference(request, in: nil)
    }

    /// One H100 reads Llama-2-70B's 68.7 G matrix weights in 41.0 ms, and a sequence's cache of 1.25 GiB besides.
    @Test("hold the bounds of a token against MLPerf's limits") func limits() throws {
        let home = try TemporaryHome()
        let path = try config(home)
        let report = try infer(path, peak: 989e12) {
            $0.forms = ["bf16"]; $0.bandwidth = 3.35e12
        }
        let row = report.rows[0]
        let read: Double = 2 * 68_713_185_280 + 327_680 * 4096
        let decode = try #require(row.decodeSeconds) / (read / 3.35e12)
        #expect(abs(decode - 1) < 1e-12)
        // 142.80 G operations a token.
        let operations: Double = 142.8e9 * 4096
        let prefill = try #require(row.prefillSeconds) / (operations / 989e12)
        #expect(abs(prefill - 1) < 1e-3)
        #expect(row.mlperfLimits == "within reach")
        let limits = report.figures.filter { $0.name.hasPrefix("limit of ") }
        #expect(limits.map(\.value) == [2, 0.2])
        #expect(limits.allSatisfy { $0.evidence == "published" && $0.unit == "s" })
        // A slower memory loses the second limit, fewer operations the first; each prompt counts by itself.
        let slow = try infer(path) {
            $0.forms = ["f32", "bf16"]; $0.bandwidth = 1e12
        }
        #expect(slow.rows.map(\.mlperfLimits) == ["out of reach", "within reach"])
        let four = try infer(path, batch: 4, peak: 989e12) {
            $0.forms = ["bf16"]; $0.bandwidth = 3.35e12
        }
        #expect(try #require(four.rows[0].decodeSeconds) < 0.2 && #require(four.rows[0].prefillSeconds) > 2)
        #expect(four.rows[0].mlperfLimits == "within reach")
        let weak = try infer(path, peak: 250e12) {
            $0.forms = ["bf16"]; $0.bandwidth = 3.35e12
        }
        #expect(try #require(weak.rows[0].decodeSeconds) < 0.2)
        #expect(weak.rows[0].mlperfLimits == "out of reach")
        let none = try infer(path) { $0.forms = ["bf16"] }
        #expect(none.rows[0].mlperfLimits == nil && none.rows[0].prefillSeconds == nil)
        #expect(!none.figures.contains { $0.name.hasPrefix("limit of ") })
    }

    /// Mixtral-8x7B: of 46.7 B parameters, one token reads the 12.7 B of its two experts and of what all share.
    @Test("read the experts that a token goes through, and no others") func experts() throws {
        let home = try TemporaryHome()
        let path = home.path("mixtral.json")
        try """
        {"model_type":"mixtral","architectures":["MixtralForCausalLM"],"num_hidden_layers":32,"hidden_size":4096,
         "num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,"vocab_size":32000,
         "num_local_experts":8,"num_experts_per_tok":2,"max_position_embeddings":32768,"tie_word_embeddings":false}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let report = try infer(path) {
            $0.forms = ["bf16"]; $0.bandwidth = 1e12
        }
        #expect(report.model.parameters == 46_702_792_704)
        let matrices = try #require(report.model.matrixParameters)
        #expect(matrices == 12_748_587_008)
        let read = Double(2 * matrices + 131_072 * 4096)
        let decode = try #require(report.rows[0].decodeSeconds) / (read / 1e12)
        #expect(abs(decode - 1) < 1e-12)
        let prefill = try #require(report.rows[0].prefillSeconds) / (Double(2 * matrices) / 1e12)
        #expect(abs(prefill - 1) < 1e-12)
    }

    @Test("leave a share of the memory to others than the engine") func utilization() throws {
        let home = try TemporaryHome()
        let path = try config(home)
        func report(_ share: Double) throws -> InferencePlanReport {
            try infer(path, memory: 80_000_000_000, tensor: 2) {
                $0.forms = ["bf16"]; $0.page = 16; $0.memoryUtilization = share
            }
        }
        let whole = try report(1), most = try report(0.9), little = try report(0.8)
        #expect([whole, most, little].map { $0.rows[0].sequences } == [16, 4, 0])
        #expect(whole.rows[0].verdict == "fits")
        #expect(little.rows[0].verdict == "does not fit")
        #expect(most.memoryBytes == 80_000_000_000 && most.memoryUtilization == 0.9)
        #expect(most.figures.first?.name == "memory that may be taken")
        #expect(most.figures.first?.bytes == 72_000_000_000)
        #expect(whole.figures.first?.name != "memory that may be taken")
        #expect(throws: (any Error).self) { try report(1.5) }
        #expect(throws: (any Error).self) { try infer(path) { $0.memoryUtilization = 0 } }
    }

    /// 7B: 12 + 4g + 6r = 32.125 with g = 1 and r = 2.6875, and flash attention's 4a/h = 0.03125.
    @Test("count fused kernels and a loss in pieces") func training() throws {
        let home = try TemporaryHome()
        var target = PlanTarget(
            model: try config(home, layers: 32, hidden: 4096, heads: 32, keyValueHeads: 32, width: 11_008))
        target.context = 4096
        var request = TrainingPlanRequest(target)
        request.recipes = ["bf16"]
        func figure(_ name: String, _ report: TrainingPlanReport) -> PlanFigure? {
            (report.figures + report.rows[0].figures).first { $0.name == name }
        }
        let before = try ModelRegistry.planTraining(request, in: nil)
        #expect(before.kernels == "separate" && before.lossChunk == nil)
        request.kernels = "fused"
        request.lossChunk = 1024
        let report = try ModelRegistry.planTraining(request, in: nil)
        #expect(report.kernels == "fused" && report.lossChunk == 1024)
        let block = figure("activations of a block, 16-bit", report)
        #expect(block?.bytes == Int(32.15625 * 4096 * 4096))
        #expect(block?.evidence == "estimate")
        #expect(figure("head, backward peak", report)?.bytes == 12 * 1024 * 32_000)
        #expect(figure("head, kept", report)?.bytes == 6 * 1024 * 32_000 + 8 * 4096 * 4096)
        #expect(figure("activations", report)?.bytes == 32 * Int(32.15625 * 4096 * 4096) + 12 * 1024 * 32_000)
        #expect(figure("activations", before)?.bytes == 32 * 186_496 * 4096 + 12 * 4096 * 32_000)
        request.kernels = "none"
        #expect(throws: (any Error).self) { try ModelRegistry.planTraining(request, in: nil) }
    }

    /// Rows of 896 numbers, as Qwen2.5-0.5B has them, are no multiple of 256.
    @Test("say which tensors fall back to another type of blocks") func fallback() throws {
        let home = try TemporaryHome()
        let odd = try config(home, layers: 2, hidden: 896, heads: 14, keyValueHeads: 2, width: 4864)
        let notes = try infer(odd) { $0.forms = ["q4_k_m"] }.notes
        #expect(notes.contains { $0.contains("q4_k_m: ") && $0.contains("rows the blocks do not divide") })
        let even = try config(home, layers: 2, hidden: 1024, heads: 16, keyValueHeads: 2, width: 4864)
        #expect(try !infer(even) { $0.forms = ["q4_k_m"] }.notes.contains { $0.contains("do not divide") })
    }

    /// G/2 + 2.5 bytes of a group of 128, and `g_idx`: four bytes of each input feature.
    @Test("count what a GPTQ checkpoint keeps besides its groups") func gptq() throws {
        let home = try TemporaryHome()
        let path = try config(
            home, layers: 2, hidden: 512, heads: 4, keyValueHeads: 2, width: 1024, vocabulary: 1000)
        let report = try infer(path) { $0.forms = ["gptq-4-g128"] }
        // Outputs and inputs of q, k, v, o, gate, up and down.
        let matrices = [(512, 512), (256, 512), (256, 512), (512, 512), (1024, 512), (1024, 512), (512, 1024)]
        var expected = 2 * (2 * 1000 * 512 + 512) + 2 * 2 * 2 * 512
        for (outputs, inputs) in matrices {
            let groups = outputs * inputs / 128
            expected += 2 * (groups * (128 / 2 + 2) + groups / 2 + 4 * inputs)
        }
        let weights = report.rows[0].figures.first { $0.name == "weights" }
        #expect(weights?.bytes == expected)
    }
}
