import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Adapters") struct AdapterTests {
    private static func configuration(_ json: String) throws -> AdapterConfiguration {
        try AdapterConfiguration(try JSONValue(parsing: Array(json.utf8)))
    }

    @Test("scale by alpha and rank, stabilized or not, by patterns of modules") func scaling() throws {
        let plain = try Self.configuration(
            #"{"peft_type":"LORA","r":8,"lora_alpha":16,"rank_pattern":{"v_proj":4,"layers.1.q_proj":2},"#
                + #""alpha_pattern":{".*up_proj":1}}"#)
        #expect(try plain.scaling(of: "model.layers.0.q_proj") == 2)
        #expect(try plain.scaling(of: "model.layers.0.v_proj") == 4 && plain.rank(of: "model.layers.0.v_proj") == 4)
        #expect(try plain.rank(of: "model.layers.1.q_proj") == 2 && plain.rank(of: "model.layers.11.q_proj") == 8)
        #expect(try plain.rank(of: "model.xv_proj") == 8)
        #expect(try plain.scaling(of: "model.layers.0.mlp.up_proj") == 0.125)
        let stable = try Self.configuration(#"{"peft_type":"LORA","r":16,"lora_alpha":8,"use_rslora":true}"#)
        #expect(try stable.scaling(of: "x") == 2)
    }

    @Test("are refused when a pattern of theirs would take for ever", arguments: ["(.|.)", ".*"])
    func endlessPattern(part: String) throws {
        let pattern = String(repeating: part, count: 28) + "Z"
        let adapter = try Self.configuration(
            #"{"peft_type":"LORA","r":8,"lora_alpha":16,"rank_pattern":{"\#(pattern)":4}}"#)
        let module = "model.layers.10.self_attn.q_proj" + String(repeating: "a", count: 60)
        let error = #expect(throws: FormatError.self) { try adapter.rank(of: module) }
        #expect(error?.problem.contains("takes too long") == true && error?.file == "adapter_config.json")
    }

    @Test(
        "of other kinds are refused",
        arguments: [
            (#"{"peft_type":"IA3"}"#, "peft_type is IA3"), (#"{}"#, "peft_type is nothing"),
            (#"{"peft_type":"LORA","r":0,"lora_alpha":1}"#, "'r' is no rank"),
            (#"{"peft_type":"LORA","r":8}"#, "'lora_alpha'"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"layer_replication":[[0,2]]}"#, "'layer_replication'"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"rank_pattern":{"(":2}}"#, "regular expression"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"rank_pattern":{"q_proj":0}}"#, "'rank_pattern' has no rank"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"rank_pattern":{"q_proj":1.5}}"#, "'rank_pattern' has no rank"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"rank_pattern":{"q_proj":65537}}"#, "for 'q_proj'"),
            (#"{"peft_type":"LORA","r":8,"lora_alpha":1,"alpha_pattern":{"q_proj":1e999}}"#, "'alpha_pattern'"),
        ])
    func refused(json: String, problem: String) throws {
        let error = try #require(throws: FormatError.self) { try Self.configuration(json) }
        #expect(error.file == "adapter_config.json" && error.problem.contains(problem), "\(error)")
    }

    @Test("name their tensors as PEFT does") func names() throws {
        let stem = "base_model.model.model.layers.0.self_attn.q_proj"
        let module = "model.layers.0.self_attn.q_proj"
        for (ending, part) in [
            (".lora_A.weight", .a), (".lora_B.weight", .b), (".lora_B.bias", .biasUpdate),
            (".lora_magnitude_vector", .magnitude), (".base_layer.bias", .whole("bias")), (".bias", .whole("bias")),
        ] as [(String, AdapterTensorName.Part)] {
            let name = try #require(AdapterTensorName(stem + ending))
            #expect(name.module == module && name.part == part, "\(ending)")
        }
        let head = try #require(AdapterTensorName("base_model.model.lm_head.modules_to_save.weight"))
        #expect(head.module == "lm_head" && head.part == .whole("weight"))
        #expect(AdapterTensorName(stem + ".lora_E") == nil && AdapterTensorName("x") == nil)
    }

    @Test("add B · A, and scale outputs to their magnitudes", arguments: [false, true], [false, true])
    func rows(isTransposed: Bool, hasMagnitudes: Bool) throws {
        var generator = SeededGenerator(seed: 5)
        func random(_ count: Int) -> [Float] { (0..<count).map { _ in .random(in: -1...1, using: &generator) } }
        let (outputs, inputs, rank, scaling) = (6, 5, 2, 1.5)
        let (weight, a, b) = (random(outputs * inputs), random(rank * inputs), random(outputs * rank))
        let magnitudes = random(outputs).map { abs($0) + 1 }
        var expected = [[Double]]()
        for out in 0..<outputs {
            var row = (0..<inputs).map { column in
                (0..<rank).reduce(Double(weight[out * inputs + column])) {
                    $0 + scaling * Double(b[out * rank + $1]) * Double(a[$1 * inputs + column])
                }
            }
            if hasMagnitudes {
                let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
                row = row.map { $0 * Double(magnitudes[out]) / norm }
            }
            expected.append(row)
        }
        let stored = isTransposed ? (0..<inputs).flatMap { i in (0..<outputs).map { weight[$0 * inputs + i] } } : weight
        let base = MemoryRows(
            LittleEndianFloats.encode(stored), rowLength: isTransposed ? outputs : inputs, dtype: .F32)
        let rows = try AdaptedRows(
            base, LowRankUpdate(a: a, b: b, rank: rank, scaling: scaling, isTransposed: isTransposed),
            magnitudes: hasMagnitudes ? magnitudes : nil, isTransposed: isTransposed,
            step: QuantizationStep(bits: 4, groupSize: 2), kernels: Kernels())
        var bytes = [UInt8](repeating: 0, count: rows.rowCount * rows.rowByteCount)
        try rows.read(0..<rows.rowCount, into: &bytes)
        let made = LittleEndianFloats.decode(bytes)
        var update = 0.0
        for out in 0..<outputs {
            for column in 0..<inputs {
                let found = Double(made[isTransposed ? column * outputs + out : out * inputs + column])
                #expect(abs(found - expected[out][column]) < 1e-5)
                let change = expected[out][column] - Double(weight[out * inputs + column])
                update += change * change
            }
        }
        #expect(abs(rows.measure.updateNorm / update.squareRoot() - 1) < 1e-5)
        #expect(rows.measure.steps.map { $0 > 0 } == true)
    }
}
