import Bytes
import Testing

@testable import Planner

/// Section 13 of the formulas: each is an error that names the field and the values.
@Suite("Planner input") struct BadInputTests {
    private func expectRefusal(
        saying words: [String], sourceLocation: SourceLocation = #_sourceLocation, _ act: () throws -> Void
    ) {
        do {
            try act()
            Issue.record("nothing was refused", sourceLocation: sourceLocation)
        } catch let error as PlanError {
            for word in words {
                #expect(error.description.contains(word), "\(error)", sourceLocation: sourceLocation)
            }
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "with fields that are missing or contradict each other is refused",
        arguments: [
            (#"{"model_type":"llama","hidden_size":64}"#, ["num_attention_heads"]),
            (
                PlannedModels.llama(layers: 2, hidden: 100, heads: 8, keyValueHeads: 8, width: 64),
                ["100", "8", "head_dim"]
            ),
            (
                PlannedModels.llama(layers: 2, hidden: 64, heads: 8, keyValueHeads: 3, width: 64),
                ["num_key_value_heads (3)", "num_attention_heads (8)"]
            ),
            (
                PlannedModels.llama(layers: 0, hidden: 64, heads: 8, keyValueHeads: 8, width: 64),
                ["num_hidden_layers", "0"]
            ),
            (
                PlannedModels.llama(layers: -4, hidden: 64, heads: 8, keyValueHeads: 8, width: 64),
                ["num_hidden_layers", "-4"]
            ),
            (
                PlannedModels.llama(layers: 9_000_000, hidden: 64, heads: 8, keyValueHeads: 8, width: 64),
                ["num_hidden_layers", "9000000", "65536"]
            ),
            (#"{"model_type":"llama","num_hidden_layers":2,"hidden_size":"64"}"#, ["hidden_size", "64"]),
            (#"{"model_type":"llama","num_hidden_layers":2,"hidden_size":6.5}"#, ["hidden_size", "6.5"]),
            (#"{"model_type":"llama","num_hidden_layers":2,"hidden_size":1e999}"#, ["hidden_size", "1e999"]),
            (
                """
                {"model_type":"mixtral","num_hidden_layers":2,"hidden_size":64,"num_attention_heads":4,
                 "intermediate_size":64,"vocab_size":10,"num_local_experts":2,"num_experts_per_tok":3}
                """, ["num_experts_per_tok (3)", "2"]
            ),
        ])
    func config(config: String, words: [String]) {
        expectRefusal(saying: words) { _ = try PlannedModels.shape(config) }
    }

    @Test("whose heads have a size of their own need not divide") func headSize() throws {
        let shape = try PlannedModels.shape(
            PlannedModels.llama(layers: 2, hidden: 100, heads: 8, keyValueHeads: 8, width: 64, more: #","head_dim":16"#)
        )
        #expect(shape.headSize == 16)
        #expect(shape.queryWidth == 128)
    }

    @Test("of an unknown architecture has no shape") func unknown() throws {
        let config = try JSONValue(parsing: Array(#"{"model_type":"mamba","hidden_size":64}"#.utf8))
        #expect(try ModelShape(config: config) == nil)
    }

    private func spread(_ change: (inout Parallelism) -> Void) -> Parallelism {
        var spread = Parallelism()
        change(&spread)
        return spread
    }

    @Test("with devices that do not multiply to the world is refused") func world() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        let eight = spread {
            $0.data = 2; $0.tensor = 4
        }
        try eight.check(shape, world: 8)
        expectRefusal(saying: ["world (16)", "2 · 4 · 1 = 8"]) { try eight.check(shape, world: 16) }
    }

    @Test("with a split that does not divide is refused") func divisors() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        expectRefusal(saying: ["tensor (3)", "heads (32)"]) { try spread { $0.tensor = 3 }.check(shape) }
        var narrow = shape
        narrow.feedForward = 11_009
        expectRefusal(saying: ["tensor (2)", "MLP width (11009)"]) { try spread { $0.tensor = 2 }.check(narrow) }
        expectRefusal(saying: ["pipeline (5)", "layers (32)"]) {
            try spread {
                $0.pipeline = 5; $0.microBatches = 5
            }.check(shape)
        }
    }

    @Test("with too few or uneven micro-batches is refused") func schedule() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        expectRefusal(saying: ["3 micro-batches", "4 pipeline"]) {
            try spread {
                $0.pipeline = 4; $0.microBatches = 3
            }.check(shape)
        }
        expectRefusal(saying: ["6 micro-batches", "4 pipeline", "8"]) {
            try spread {
                $0.pipeline = 4; $0.microBatches = 6; $0.chunks = 2
            }.check(shape)
        }
        expectRefusal(saying: ["chunks is 2", "pipeline is 1"]) { try spread { $0.chunks = 2 }.check(shape) }
        try spread {
            $0.pipeline = 4; $0.microBatches = 8; $0.chunks = 2
        }.check(shape)
    }

    @Test("with matrices split over machines is refused, unless it is insisted on") func machines() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        var order = TrainingPlan.Order(context: 128, batch: 1)
        order.parallelism.tensor = 16
        order.machines = 2
        expectRefusal(saying: ["tensor (16)", "8 devices", "2 machines", "--tensor-across-machines"]) {
            try order.check(shape)
        }
        order.crossesMachines = true
        try order.check(shape)
        order.crossesMachines = false
        order.parallelism.data = 2
        try order.check(shape)
    }

    @Test("of nothing or less is refused", arguments: [0, -1])
    func nothing(value: Int) throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        for field in ["data", "tensor", "pipeline"] {
            expectRefusal(saying: [field, "\(value)"]) {
                try spread {
                    switch field {
                    case "data": $0.data = value
                    case "tensor": $0.tensor = value
                    default: $0.pipeline = value
                    }
                }.check(shape)
            }
        }
        expectRefusal(saying: ["context", "\(value)"]) {
            try TrainingPlan.Order(context: value, batch: 1).check(shape)
        }
        expectRefusal(saying: ["batch", "\(value)"]) { try InferencePlan.Order(context: 1, batch: value).check(shape) }
        expectRefusal(saying: ["memory", "\(value)"]) { _ = try Verdict(1, of: value) }
    }

    @Test("with more ranks than key/value heads is allowed, and says so") func replicated() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        let wide = spread { $0.tensor = 16 }
        try wide.check(shape)
        #expect(wide.notes(shape).first?.contains("replicated") == true)
        #expect(spread { $0.tensor = 8 }.notes(shape) == [])
    }

    @Test("with a context beyond learned positions is refused") func positions() throws {
        let shape = try PlannedModels.shape(PlannedModels.gpt2)
        expectRefusal(saying: ["1025", "1024"]) { try InferencePlan.Order(context: 1025, batch: 1).check(shape) }
        try InferencePlan.Order(context: 1024, batch: 1).check(shape)
    }

    @Test("with offload of weights below stage 3 is refused") func offload() {
        expectRefusal(saying: ["stage 2", "stage 3"]) { try DeepSpeedEstimate.check(.gradients, .all) }
    }

    @Test("with an unknown recipe lists those that there are") func recipe() {
        expectRefusal(saying: ["'fp64'", "fp32", "mixed"]) { _ = try TrainingRecipe(named: "fp64") }
    }

    @Test("of sizes that make more parameters than can be planned is refused") func parameters() throws {
        let greatest = ConfigFields.greatestCount
        let shape = try PlannedModels.shape(
            PlannedModels.llama(layers: 2, hidden: 1 << 30, heads: 8, keyValueHeads: 8, width: 64, vocabulary: greatest)
        )
        expectRefusal(saying: ["parameters"]) { _ = try ParameterCount(shape) }
        let wide = try PlannedModels.shape(
            PlannedModels.llama(layers: 1, hidden: 1 << 27, heads: 8, keyValueHeads: 8, width: 64))
        expectRefusal(saying: ["parameters", "\(1 << 53)"]) { _ = try ParameterCount(wide) }
    }

    @Test("that counts beyond 64 bits is refused") func overflow() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        let cache = KVCache(shape, element: .bf16)
        expectRefusal(saying: ["more than"]) { _ = try cache.byteCount(context: 1 << 40, batch: 1 << 40) }
        // 70 B × 20 bytes × 64 ranks does fit.
        let all = try (Count(70_000_000_000) * 20 * 64).value(of: "bytes")
        #expect(all == 89_600_000_000_000)
    }
}
