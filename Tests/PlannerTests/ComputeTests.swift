import Testing

@testable import Planner

/// Sections 7 to 10 of the formulas, and the figures of section 12 that follow from them.
@Suite("Operations, messages and time") struct ComputeTests {
    private func compute(_ config: String, _ context: Int = 4096) throws -> Compute {
        let shape = try PlannedModels.shape(config)
        return Compute(shape, matrixParameters: try ParameterCount(shape).matrix, context: context)
    }

    @Test("of a token forward at 4096") func forward() throws {
        let small = try compute(PlannedModels.llama7B), large = try compute(PlannedModels.llama70B)
        #expect(printed(small.forward.value / 1e9, 3) == 15.362)
        #expect(printed(small.causalForward.value / 1e9, 3) == 14.288)
        #expect(printed(large.forward.value / 1e9, 2) == 148.16)
        #expect(printed(large.causalForward.value / 1e9, 1) == 142.8)
        #expect(small.training(.none).value == 3 * small.forward.value)
        #expect(small.training(.full).value == 4 * small.forward.value)
    }

    @Test("by the short form 6·P are less") func kaplan() throws {
        #expect(printed(Compute.kaplan(parameters: 6_738_415_616).value / 1e9, 2) == 40.43)
        #expect(printed(Compute.kaplan(parameters: 68_976_648_192).value / 1e9, 2) == 413.86)
        for config in [
            PlannedModels.llama7B, PlannedModels.llama13B, PlannedModels.llama70B, PlannedModels.llama3,
        ] {
            let short = Compute.kaplan(parameters: try ParameterCount(PlannedModels.shape(config)).total).value
            let low = 1 - short / (try compute(config)).training(.none).value
            #expect(low > 0.06 && low < 0.14)
        }
    }

    /// Narayanan's form counts attention and head; ours adds nothing but what it leaves out.
    @Test("of a GPT's step agree with Narayanan's form") func narayanan() throws {
        let shape = try PlannedModels.gpt(layers: 96, hidden: 12_288, heads: 96)
        let ours = Compute(shape, matrixParameters: try ParameterCount(shape).matrix, context: 2048)
        let step = Compute.narayanan(shape, batch: 4, context: 2048, isRecomputed: false).value
        #expect(abs(ours.training(.none).value * 4 * 2048 / step - 1) < 1e-9)
        // With recomputation their head is not computed again.
        let again = Compute.narayanan(shape, batch: 4, context: 2048, isRecomputed: true).value
        let head = 2 * 51_200 * 12_288.0
        #expect(abs((ours.training(.full).value - head) * 4 * 2048 / again - 1) < 1e-9)
    }

    @Test("of training take the published days") func days() throws {
        // 8·tokens·P: four passes of 2·P.
        let gpt = try Compute.days(
            tokens: 300e9, perToken: 8 * 175e9, devices: 1024, peak: 140e12, utilization: 1)
        #expect(printed(gpt.value, 1) == 33.9)
        let trillion = try Compute.days(
            tokens: 450e9, perToken: 8 * 1.008e12, devices: 3072, peak: 163e12, utilization: 1)
        #expect(printed(trillion.value, 1) == 83.9)
    }

    /// A100: 312 TFLOP/s in BF16.
    @Test(
        "per second that Llama 2's device hours imply",
        arguments: [
            (6_738_415_616, 184_320.0, 121.9, 39.0), (13_015_864_320, 368_640, 117.7, 38),
            (68_976_648_192, 1_720_320, 133.7, 43),
        ])
    func hours(parameters: Int, hours: Double, teraflops: Double, utilization: Double) {
        let achieved = Compute.achieved(parameters: parameters, tokens: 2e12, deviceHours: hours)
        #expect(printed(achieved.value / 1e12, 1) == teraflops)
        #expect(printed(100 * achieved.value / 312e12, 0) == utilization)
    }

    /// The same as a share of the peak: MFU counts what a step needs, HFU what it does.
    @Test(
        "as a share of the devices' peak",
        arguments: [
            (6_738_415_616, 184_320.0, 39.0), (13_015_864_320, 368_640, 38), (68_976_648_192, 1_720_320, 43),
        ])
    func utilization(parameters: Int, hours: Double, percent: Double) throws {
        let share = try Compute.utilization(
            tokensPerSecond: 2e12 / (hours * 3600), perToken: Compute.kaplan(parameters: parameters).value, devices: 1,
            peak: 312e12)
        #expect(printed(100 * share.value, 0) == percent)
        let small = try compute(PlannedModels.llama7B)
        func used(_ recomputation: Recomputation) throws -> Double {
            try Compute.utilization(
                tokensPerSecond: 1000, perToken: small.training(recomputation).value, devices: 8, peak: 1e12
            ).value
        }
        #expect(abs(try used(.full) / used(.none) - 4.0 / 3) < 1e-12)
        #expect(throws: PlanError.self) {
            try Compute.utilization(tokensPerSecond: .nan, perToken: 1, devices: 1, peak: 1)
        }
    }

    @Test("of a step that computes projections again count them once more") func projections() throws {
        let small = try compute(PlannedModels.llama7B)
        let more = small.training(.projections).value - small.training(.selective).value
        #expect(more == 2 * 32 * 3 * 4096 * 4096)
    }

    @Test("wasted by a pipeline, of ideal and of total time") func bubble() {
        func idle(_ p: Int, _ m: Int, _ v: Int = 1) -> [Double] {
            let pipeline = Pipeline(stages: p, microBatches: m, chunks: v)
            return [printed(pipeline.idleOfIdeal.value, 5), printed(pipeline.idleOfTotal.value, 4)]
        }
        #expect(idle(4, 8) == [0.375, 0.2727])
        #expect(idle(8, 32) == [0.21875, 0.1795])
        let interleaved = Pipeline(stages: 8, microBatches: 32, chunks: 4)
        #expect(printed(interleaved.idleOfIdeal.value, 4) == 0.0547)
        #expect(printed(interleaved.idleOfTotal.value, 4) == 0.0519)
    }

    @Test("in flight on a stage") func inFlight() {
        let pipeline = Pipeline(stages: 4, microBatches: 8)
        #expect((0..<4).map { pipeline.inFlight(stage: $0).value } == [4, 3, 2, 1])
        #expect(pipeline.inFlightOfGPipe == 8)
        let interleaved = Pipeline(stages: 4, microBatches: 8, chunks: 2)
        #expect(interleaved.inFlight(stage: 0).value == 4 * (1 + 3.0 / 8))
    }

    @Test("sent for a step, by scheme") func messages() throws {
        func elements(_ sharding: Sharding, _ batches: Int) throws -> Double {
            try Communication.elements(sharding, parameters: 1000, microBatches: batches, replicas: 8).value
        }
        #expect(try elements(.none, 4) == 2000)
        #expect(try elements(.optimizer, 4) == 2000)
        #expect(try elements(.gradients, 4) == 5000)
        #expect(try elements(.weights, 4) == 12_000)
        #expect(try elements(.weights, 1) / elements(.none, 1) == 1.5)
        #expect(try Communication.elements(.weights, parameters: 9, microBatches: 1, replicas: 1).value == 0)
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        let tensor = try [false, true].map {
            try Communication.tensorElements(shape, layers: 32, tokens: 10, microBatches: 3, isRecomputed: $0).value
        }
        let once: Double = 32 * 10 * 4096 * 3
        #expect(tensor == [4 * once, 6 * once])
        let boundary = try Communication.pipelineElements(shape, tokens: 10, microBatches: 3).value
        #expect(boundary == 245_760)
    }

    @Test("of a ring are (n - 1)/n of the buffer") func ring() throws {
        #expect(Communication.ringShare(ranks: 4, isAllReduce: false) == 0.75)
        #expect(Communication.ringShare(ranks: 4, isAllReduce: true) == 1.5)
        let time = try Communication.seconds(
            bytes: 1e9, messages: 10, latency: 1e-3, bandwidth: 1e10, efficiency: 0.5)
        #expect(abs(time.value - 0.21) < 1e-12)
    }

    @Test("of decoding at batch 1, from memory's bandwidth alone") func decode() throws {
        for (matrix, bandwidth, milliseconds, digits) in [
            (6_607_077_376, 2.039e12, 6.48, 2), (6_607_077_376, 3.35e12, 3.94, 2),
            (68_713_185_280, 2.039e12, 67.4, 1), (68_713_185_280, 3.35e12, 41.0, 1),
        ] {
            let latency = try Latency(bandwidth: bandwidth)
            let step = latency.decode(weightByteCount: 2 * Double(matrix), cacheByteCount: 0, operations: 0)
            #expect(printed(1000 * step.value, digits) == milliseconds)
        }
    }

    @Test("turn decoding compute-bound at batch 295 on an H100") func turning() throws {
        let latency = try Latency(bandwidth: 3.35e12, peak: 989e12)
        #expect(try #require(latency.turningBatch(bytesPerWeight: 2)).value.rounded() == 295)
    }

    /// Measured on an H100 with Llama-2-7B: a bound is never above what was measured.
    @Test("give bounds that measurements stay above") func bounds() throws {
        let latency = try Latency(bandwidth: 3.35e12, peak: 989e12)
        let bytes = 2 * 6_607_077_376.0
        for (tokens, seconds, context) in [(2048, 0.0639, 2048), (16 * 512, 0.236, 512), (128, 0.0211, 128)] {
            let operations = (try compute(PlannedModels.llama7B, context)).causalForward.value * Double(tokens)
            #expect(latency.prefill(operations: operations, byteCount: bytes).value < seconds)
        }
        let step = latency.decode(weightByteCount: bytes, cacheByteCount: 0, operations: bytes).value
        #expect(printed(step * 1000, 1) == 3.9)
        #expect(step < 0.00506)
    }

    /// Section 10's table: what an H100 (989 TFLOP/s, 3.35 TB/s) made of the bounds, as the page prints it.
    @Test("and the rates that were measured on an H100 with Llama-2-7B") func calibration() throws {
        for (tokens, context, seconds, teraflops, percent) in [
            (2048, 2048, 0.0639, 441.0, 45.0), (16 * 512, 512, 0.236, 464, 47), (128, 128, 0.0211, 80, 8),
        ] {
            let operations = (try compute(PlannedModels.llama7B, context)).causalForward.value * Double(tokens)
            #expect(abs(operations / seconds / 1e12 / teraflops - 1) < 0.01)
            #expect(abs(100 * operations / seconds / 989e12 - percent) < 0.6)
        }
        let bound = try Latency(bandwidth: 3.35e12)
            .decode(weightByteCount: 2 * 6_607_077_376, cacheByteCount: 0, operations: 0).value
        // The short prompt took about five times what reading the weights takes.
        #expect(abs(0.0211 / bound - 5) < 0.5)
        for (seconds, terabytes, percent) in [(0.00511, 2.58, 77.0), (0.0635, 0.21, 6)] {
            #expect(abs(bound / seconds * 3.35 / terabytes - 1) < 0.02)
            #expect(abs(100 * bound / seconds - percent) < 0.5)
        }
        // The same device, two programs: a factor of 13.
        #expect(abs(0.065 / 0.00506 - 13) < 0.5)
    }

    @Test("sent for a step of decoding, by tensor parallelism") func decodeMessages() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        #expect(try Communication.decodeElements(shape, batch: 3).value == 2 * 80 * 3 * 8192)
    }

    @Test(
        "refuse a bandwidth that is none",
        arguments: [0, -1, Double.nan, .infinity])
    func bandwidth(value: Double) {
        #expect(throws: PlanError.self) { try Latency(bandwidth: value) }
        #expect(throws: PlanError.self) { try Latency(bandwidth: 1, peak: value) }
    }
}
