import Bytes
import Foundation
import Numbers
import Testing

@testable import Registry

@Suite("Diff") struct DiffTests {
    private static func diff(
        _ home: TemporaryHome, _ first: String, _ second: String, threads: Int? = nil
    ) async throws -> DiffReport {
        var request = DiffRequest(first: first, second: second)
        request.threadCount = threads
        return try await home.registry.diff(request)
    }

    private static func tinyLlama() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        return home
    }

    @Test("of an artifact with itself finds every tensor identical and nothing else") func itself() async throws {
        let home = try await Self.tinyLlama()
        let report = try await Self.diff(home, "m", "m@v1")
        #expect(report.counts.identical == 38 && report.counts.total == 38)
        #expect(!report.differs && report.tensors.isEmpty && report.notes.isEmpty)
        #expect(report.relRmse == nil)
    }

    @Test(
        "of a model with its GGUF file finds equal numbers, configuration and tokenizer",
        arguments: ["f32", "f16", "bf16"])
    func gguf(dtype: String) async throws {
        let home = try await Self.tinyLlama()
        try await home.export("m", to: "m.gguf", .gguf, dtype: dtype)
        try await home.register(home.path("m.gguf"), as: "g")
        for names in [("m", "g"), ("g", "m")] {
            let report = try await Self.diff(home, names.0, names.1)
            // Norms are F32 in GGUF, and rows of rotary matrices come in another order.
            #expect(report.counts.total == 38)
            #expect(report.counts.identical + report.counts.equal == 38)
            #expect(report.counts.equal >= 8)
            #expect(!report.differs && report.config == [] && report.tokenizer == nil)
            #expect(report.notes == [])
        }
        let names = try await Self.diff(home, "g", "m").tensors.map { ($0.name, $0.otherName) }
        #expect(names.contains { $0 == ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight") })
    }

    @Test("of PyTorch's file with its tensors in safetensors finds them identical, and one name less for shared ones")
    func torch() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/torch/state_dict_zip.pt", as: "t")
        try await home.export("t", to: "s.safetensors", .safetensors)
        try await home.register(home.path("s.safetensors"), as: "s")
        let report = try await Self.diff(home, "t", "s")
        #expect(report.counts.identical == 20 && report.counts.total == 21)
        #expect(report.tensors.map(\.name) == ["shared_b"] && report.counts.removed == 1)
    }

    /// The catalog's errors were summed in float32 over strips of 256 weights, where these are in doubles.
    private static let strips = 2e-6

    @Test(
        "of a variant gives the errors that the conversion measured", arguments: ["nf4", "q4_0", "q8_0", "affine4-g64"])
    func variant(scheme: String) async throws {
        let home = try await Self.tinyLlama()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        let report = try await Self.diff(home, "m", "m:\(scheme)")
        let recorded = try home.registry.tensors(of: "m:\(scheme)").filter { $0.relRmse ?? 0 > 0 }
        #expect(report.counts.changed == recorded.count && recorded.count >= 28)
        #expect(report.counts.total == 38 && report.differs)
        for tensor in recorded {
            let found = try #require(
                report.tensors.first { $0.name == tensor.name || $0.otherName == tensor.name }, "\(tensor.name)")
            let error = try #require(found.relRmse), expected = try #require(tensor.relRmse)
            #expect(abs(error - expected) <= Self.strips * expected, "\(tensor.name): \(error), recorded \(expected)")
            #expect(try abs(#require(found.cosine) - #require(tensor.cosine)) <= Self.strips)
            #expect(found.maximumDifference == tensor.maximumError)
            #expect(found.elements == found.firstShape?.reduce(1, *))
        }
        let whole = try #require(try home.registry.show("m:\(scheme)").artifact.relRmse)
        #expect(try abs(#require(report.relRmse) - whole) <= Self.strips * whole)
    }

    @Test(
        "takes quantized numbers for what they stand for",
        arguments: [
            "quantized/gptq-w4g128", "quantized/awq-w4g128", "quantized/ct-int4-sym-g128", "quantized/ct-nvfp4",
            "quantized/fp8-blocks", "quantized/bnb-int8", "quantized/gpt-oss-mxfp4",
            "bitsandbytes-models/tiny-llama-bnb-nf4-dq", "quantized/ct-sparse-24-bitmask",
        ])
    func dequantized(path: String) async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/" + path, as: "q")
        try await home.export("q", to: "f", .safetensors, dequantized: "f32")
        try await home.register(home.path("f"), as: "f")
        let report = try await Self.diff(home, "q", "f")
        #expect(report.counts.equal > 0)
        #expect(report.counts.identical + report.counts.equal == report.counts.total, "\(report.counts)")
    }

    @Test("says that numbers become equal when they are rounded to the other's dtype", arguments: ["bf16", "f16"])
    func rounded(dtype: String) async throws {
        let home = try TemporaryHome()
        var model = MadeModel()
        var numbers = SeededNumbers(seed: 9)
        let floats = (0..<4_096).map { _ in Float(numbers.next(below: 1 << 24)) / Float(1 << 24) - 0.5 }
        model.tensors.append(("layers.0.up.weight", .F32, [64, 64], LittleEndianFloats.encode(floats)))
        try await home.register(try model.write(to: home.path("m")), as: "m")
        try await home.export("m", to: "n", .safetensors, dtype: dtype)
        try await home.register(home.path("n"), as: "n")
        for names in [("m", "n"), ("n", "m")] {
            let report = try await Self.diff(home, names.0, names.1)
            let tensor = try #require(report.tensors.first)
            #expect((tensor.status, tensor.castTo) == (.equal, dtype.uppercased()))
            #expect(try #require(tensor.relRmse) > 1e-5)
            #expect(tensor.differentElements ?? 0 > 3_000)
            #expect(!report.differs && report.relRmse == nil)
        }
    }

    @Test("sees experts as the stacks that MLX makes of them") func experts() async throws {
        let home = try TemporaryHome()
        var model = MadeModel()
        model.config = #"{"model_type": "mixtral", "num_hidden_layers": 1, "num_local_experts": 2}"#
        model.add("model.layers.0.self_attn.q_proj.weight", [64, 64], seed: 1)
        for (number, part) in ["w1", "w2", "w3"].enumerated() {
            for expert in 0..<2 {
                let name = "model.layers.0.block_sparse_moe.experts.\(expert).\(part).weight"
                model.add(name, [64, 64], seed: UInt64(10 * number + expert + 2))
            }
        }
        try await home.register(try model.write(to: home.path("m")), as: "m")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "affine4-g64"))
        for names in [("m", "m:affine4-g64"), ("m:affine4-g64", "m")] {
            let report = try await Self.diff(home, names.0, names.1)
            #expect(report.counts.changed == 4 && report.counts.total == 4, "\(report.counts)")
            #expect(report.tensors.allSatisfy { $0.relRmse ?? 1 < 0.2 })
            let stack = try #require(report.tensors.first { $0.name.contains("moe") })
            #expect(stack.firstShape == [2, 64, 64] && stack.elements == 8_192)
            #expect(stack.name.contains("+") || stack.otherName?.contains("+") == true)
        }
    }

    @Test("does not depend on the number of threads") func threads() async throws {
        let home = try await Self.tinyLlama()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "q4_0"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var found: Set<Data> = []
        for count in [1, 2, 7] {
            found.insert(try encoder.encode(try await Self.diff(home, "m", "m:q4_0", threads: count)))
        }
        #expect(found.count == 1)
    }

    @Test("adds up by layer and part what it says of the tensors") func groups() async throws {
        let home = try await Self.tinyLlama()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let report = try await Self.diff(home, "m", "m:nf4")
        #expect(report.groups.map(\.layer) == [nil, 0, 1, 2, 3])
        var sum = DiffReport.Counts()
        for cell in report.groups.flatMap(\.cells) {
            #expect(cell.counts.total == cell.tensors)
            for status in DiffReport.Status.allCases { sum[status] += cell.counts[status] }
        }
        #expect(sum == report.counts)
        let query = report.groups[1].cells.first { $0.part == "attention_q" }
        let tensor = report.tensors.first { $0.name.hasSuffix("layers.0.self_attn.q_proj.weight") }
        #expect(query?.relRmse == tensor?.relRmse && tensor?.relRmse != nil)
    }

    @Test("lists the farthest first, and with all also what is identical") func order() async throws {
        let home = try await Self.tinyLlama()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let errors = try await Self.diff(home, "m", "m:nf4").tensors.compactMap(\.relRmse)
        #expect(errors == errors.sorted(by: >) && errors.count == 28)
        var request = DiffRequest(first: "m", second: "m:nf4")
        request.listsAll = true
        let all = try await home.registry.diff(request).tensors
        #expect(all.count == 38 && all.count { $0.status == .identical } == 10)
        #expect(all.first?.status == .changed && all.last?.status == .identical)
    }
}
