import Bytes
import Formats
import Numbers
import Testing

@testable import Transforms

@Suite("Names of schemes") struct SchemeNameTests {
    @Test("in full are the ids of the schemes, each once") func ids() throws {
        var seen: Set<String> = []
        for scheme in TensorScheme.made {
            #expect(try TensorScheme(named: scheme.id) == scheme)
            #expect(try TensorScheme(named: scheme.id.uppercased()) == scheme)
            #expect(seen.insert(scheme.id).inserted, "\(scheme.id)")
            #expect(try TensorScheme(named: scheme.shortName) == scheme, "\(scheme.shortName)")
        }
        #expect(seen.count == 126)
    }

    @Test(
        "leave out the family, or what is usual, where that is clear",
        arguments: [
            ("nf4", "bnb-nf4"), ("nf4-dq", "bnb-nf4-dq"), ("nf4-b128", "bnb-nf4-b128"), ("bnb-int8", "bnb-int8"),
            ("q4_k", "gguf-q4_k"), ("Q4_0", "gguf-q4_0"), ("affine4", "mlx-affine4-g64"),
            ("mlx-affine3", "mlx-affine3-g64"), ("affine8-g32", "mlx-affine8-g32"), ("gptq", "gptq-4-g128"),
            ("gptq-3", "gptq-3-g128"), ("gptq-4-v2", "gptq-4-g128-v2"), ("awq", "awq-4-g128"),
            ("ct-int4", "ct-int4-g128"), ("int4", "ct-int4-g128"), ("ct-int4-asym", "ct-int4-g128-asym"),
            ("ct-int8", "ct-int8-channel"), ("ct-fp8", "ct-fp8-channel"), ("fp8-block128", "fp8-block128"),
            ("fp8-tensor", "fp8-tensor"), ("ct-fp8-block128x128", "ct-fp8-block128x128"),
            ("ct-fp8-block128", "ct-fp8-block128x128"), ("mlx-mxfp4", "mlx-mxfp4"),
        ])
    func shortForms(name: String, id: String) throws {
        #expect(try TensorScheme(named: name).id == id)
    }

    @Test(
        "that several families have are refused, with the candidates",
        arguments: [
            ("mxfp4", ["gguf-mxfp4", "mlx-mxfp4", "ct-mxfp4"]), ("nvfp4", ["gguf-nvfp4", "mlx-nvfp4", "ct-nvfp4"]),
            ("mxfp8", ["mlx-mxfp8", "ct-mxfp8"]), ("int8", ["bnb-int8", "ct-int8-channel"]),
            ("fp8", ["ct-fp8-channel", "fp8-block128", "fp8-tensor", "fp8-channel"]),
        ])
    func ambiguous(name: String, candidates: [String]) throws {
        let error = try #require(throws: FormatError.self) { try TensorScheme(named: name) }
        #expect(error.problem == "the scheme '\(name)' is ambiguous")
        #expect(error.remedy == "Say which: " + candidates.joined(separator: ", "))
        #expect(throws: FormatError.self) { try ConversionTarget(named: name) }
    }

    @Test("that nobody knows are refused, with the nearest") func unknown() throws {
        let error = try #require(throws: FormatError.self) { try ConversionTarget(named: "nf5") }
        #expect(error.code == .unsupported)
        #expect(error.remedy.hasPrefix("Did you mean bnb-nf4, "))
        let typo = try #require(throws: FormatError.self) { try ConversionTarget(named: "gguf-q4-k-m") }
        #expect(typo.remedy.hasPrefix("Did you mean gguf-q4_k_m, "))
        for (name, nearest) in [
            ("ct-fp8-block", "ct-fp8-block128x128, ct-fp8-tensor, "), ("q4", "gguf-q4_0, gguf-q4_1, gguf-q4_k"),
            ("gptq4", "gptq-4-g128, "), ("awq4", "awq-4-g128, "), ("mlx-affine", "mlx-affine2-g64, mlx-affine3-g64"),
            ("fp8-block", "fp8-block128, ct-fp8-block128x128, "), ("ct", "ct-"), ("int3", "bnb-int8, "),
        ] {
            let error = try #require(throws: FormatError.self) { try ConversionTarget(named: name) }
            #expect(error.remedy.hasPrefix("Did you mean " + nearest), "\(name): \(error.remedy)")
        }
        for name in ["", "-", "gguf-", String(repeating: "x", count: 5000), "é"] {
            #expect(throws: FormatError.self) { try ConversionTarget(named: name) }
        }
    }

    @Test("find within a family what is ambiguous among all") func family() throws {
        #expect(try TensorScheme(named: "mxfp4", in: .mlx).id == "mlx-mxfp4")
        let error = try #require(throws: FormatError.self) { try TensorScheme(named: "nf4", in: .gguf) }
        #expect(error.problem == "'nf4' is bnb-nf4, which does not belong to gguf")
    }

    @Test("of a whole model are mixtures where llama-quantize has one") func targets() throws {
        #expect(try ConversionTarget(named: "q4_k_m") == .mixture(try #require(GGUFMixture(named: "q4_k_m"))))
        #expect(try ConversionTarget(named: "gguf-q4_0") == .mixture(try #require(GGUFMixture(named: "q4_0"))))
        #expect(try ConversionTarget(named: "gguf-q4_k") == .scheme(.blocks(.Q4_K)))
        #expect(try ConversionTarget(named: "gguf-mxfp4") == .scheme(.blocks(.MXFP4)))
        #expect(try ConversionTarget(named: "nf4").id == "bnb-nf4")
        #expect(try ConversionTarget(named: "q4_k_m").shortName == "q4_k_m")
        #expect(try ConversionTarget(named: "gguf-mxfp4").shortName == "gguf-mxfp4")
        #expect(try ConversionTarget(named: "fp8-tensor").shortName == "fp8-tensor")
        #expect(try ConversionTarget(named: "ct-fp8-tensor").shortName == "ct-fp8-tensor")
    }

    @Test("of a mixture are refused for a single tensor") func mixtureOfOne() throws {
        let error = try #require(throws: FormatError.self) { try TensorScheme(named: "gguf-q4_k_m") }
        #expect(error.remedy == "Give a single tensor a type of ggml, such as gguf-q4_k")
    }

    @Test("take the size of blocks from elsewhere") func blockSize() throws {
        #expect(try ConversionTarget(named: "nf4", blockSize: 128).id == "bnb-nf4-b128")
        #expect(try ConversionTarget(named: "nf4-b128", blockSize: 128).id == "bnb-nf4-b128")
        #expect(try ConversionTarget(named: "mlx-affine4", blockSize: 32).id == "mlx-affine4-g32")
        #expect(try ConversionTarget(named: "ct-int4-asym", blockSize: 64).id == "ct-int4-g64-asym")
        for (name, size) in [("nf4-b128", 64), ("nf4", 48), ("mlx-affine4-g64", 32), ("q4_0", 64), ("bnb-int8", 64)] {
            #expect(throws: FormatError.self, "\(name) \(size)") { try ConversionTarget(named: name, blockSize: size) }
        }
    }
}
