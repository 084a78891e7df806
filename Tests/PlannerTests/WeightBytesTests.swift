import Numbers
import Testing

@testable import Planner

/// Section 3 of the formulas, and the second table of section 12.
@Suite("Weight bytes") struct WeightBytesTests {
    @Test(
        "take the bits that each format publishes",
        arguments: [
            (WeightForm.plain(bits: 32), 32), (.plain(bits: 16), 16), (.plain(bits: 8), 8),
            (.blocks(.Q8_0), 8.5), (.blocks(.Q4_0), 4.5), (.blocks(.Q4_K), 4.5), (.blocks(.Q6_K), 6.5625),
            (.fourBit(isNested: false), 4.5), (.fourBit(isNested: true), 4.126953125), (.grouped(128), 4.15625),
        ] as [(WeightForm, Double)])
    func bits(form: WeightForm, expected: Double) throws {
        #expect(form.bitsPerWeight == expected)
        let bytes = try form.byteCount(rows: 16_384, columns: 16_384)
        #expect(Double(bytes) * 8 / Double(16_384 * 16_384) == expected)
    }

    /// The table's blocks, in bytes.
    @Test(
        "of one block are those of the table",
        arguments: [
            (WeightForm.blocks(.Q8_0), 32, 34), (.blocks(.Q4_0), 32, 18), (.blocks(.Q4_K), 256, 144),
            (.blocks(.Q6_K), 256, 210), (.fourBit(isNested: false), 64, 32 + 4),
            (.fourBit(isNested: true), 16_384, 8192 + 256 + 4),
        ])
    func block(form: WeightForm, elements: Int, bytes: Int) throws {
        #expect(try form.byteCount(rows: 1, columns: elements) == bytes)
        // Two rows of a group: the half byte of its zero point is a whole one.
        #expect(try WeightForm.grouped(128).byteCount(rows: 2, columns: 128) == 2 * 64 + 2 * 2 + 1)
    }

    @Test("of double quantization are 0.373 bits a weight less, as QLoRA says") func saving() {
        let saving =
            WeightForm.fourBit(isNested: false).bitsPerWeight - WeightForm.fourBit(isNested: true).bitsPerWeight
        #expect(printed(saving, 6) == 0.373047)
    }

    @Test(
        "in BF16 are two for each parameter",
        arguments: [
            (PlannedModels.llama7B, 13_476_831_232, 12.551), (PlannedModels.llama13B, 26_031_728_640, 24.244),
            (PlannedModels.llama70B, 137_953_296_384, 128.479),
        ])
    func plain(config: String, bytes: Int, gibibytes: Double) throws {
        let tensors = try PlannedModels.shape(config).tensors
        #expect(try WeightForm.byteCount(tensors) { _ in .plain(bits: 16) } == bytes)
        #expect(printed(Double(bytes) / gibibyte, 3) == gibibytes)
    }

    /// The 7B figure is the `model_size` that llama-bench prints of that file.
    @Test(
        "of Q4_0 with a Q6_K head and F32 norms are those of the file",
        arguments: [
            (PlannedModels.llama7B, 3_825_065_984), (PlannedModels.llama13B, 7_365_089_280),
            (PlannedModels.llama70B, 38_871_482_368),
        ])
    func blocks(config: String, bytes: Int) throws {
        let tensors = try PlannedModels.shape(config).tensors
        let sum = try WeightForm.byteCount(tensors) { tensor in
            switch tensor.part {
            case .head: .blocks(.Q6_K)
            case .norm: .plain(bits: 32)
            default: .blocks(.Q4_0)
            }
        }
        #expect(sum == bytes)
    }

    @Test(
        "of nested NF4 linears, the rest in BF16",
        arguments: [
            (PlannedModels.llama7B, 3_865_591_808, 3.600), (PlannedModels.llama13B, 7_201_418_240, 6.707),
            (PlannedModels.llama70B, 36_362_993_664, 33.866),
        ])
    func fourBit(config: String, bytes: Int, gibibytes: Double) throws {
        let tensors = try PlannedModels.shape(config).tensors
        let sum = try WeightForm.byteCount(tensors) { tensor in
            tensor.part == .attention || tensor.part == .mlp ? .fourBit(isNested: true) : .plain(bits: 16)
        }
        #expect(sum == bytes)
        #expect(printed(Double(sum) / gibibyte, 3) == gibibytes)
    }

    /// What the published index of Llama-2-70B counts more than the weights: a rotary buffer a block.
    @Test("do not count buffers: Llama-2-70B's index says 20,480 more") func buffers() throws {
        let tensors = try PlannedModels.shape(PlannedModels.llama70B).tensors
        let sum = try WeightForm.byteCount(tensors) { _ in .plain(bits: 16) }
        #expect(sum + 80 * 64 * 4 == 137_953_316_864)
    }

    @Test("refuse rows that ggml's blocks do not divide") func rows() {
        #expect(throws: PlanError.self) { try WeightForm.blocks(.Q4_K).byteCount(rows: 4, columns: 896) }
    }

    @Test("of groups that are not full are rounded up") func rest() throws {
        #expect(try WeightForm.grouped(128).byteCount(rows: 3, columns: 129) == 194 + 6 * 2 + 3)
        #expect(try WeightForm.fourBit(isNested: true).byteCount(rows: 1, columns: 65) == 33 + 2 + 4)
    }
}
