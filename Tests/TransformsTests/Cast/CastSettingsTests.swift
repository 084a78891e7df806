import Architectures
import Bytes
import Numbers
import Testing

@testable import Transforms

@Suite("Casts") struct CastSettingsTests {
    private static func selection(
        _ settings: CastSettings, nonfinite: String? = nil
    ) throws -> [CastSelection.Decision] {
        let tensors = [("a.weight", [4, 4], DType.F32), ("norm.weight", [4], .F32), ("ids", [2, 2], .I64)].map {
            SelectionTensor(
                name: $0.0, role: .other, shape: $0.1, dtype: $0.2, storedAs: $0.2.rawValue, layer: nil,
                nonfinite: $0.0 == "a.weight" ? nonfinite : nil)
        }
        return try CastSelection(settings, tensors: tensors).decisions
    }

    @Test("are recipes that keep their meaning") func recipe() throws {
        var settings = CastSettings(dtype: .F8_E4M3)
        settings.overflow = .saturate
        settings.nonfinite = .keep
        try settings.add(try TensorRule(parsing: "lm_head=f16", family: nil))
        let text = settings.recipe.text
        #expect(
            text.hasPrefix(#"{"steps":[{"parameters":{"dtype":"f8_e4m3","nonfinite":"keep","overflow":"saturate"},"#))
        #expect(try RecipeFile(parsing: Array(text.utf8), file: "x").steps == [.cast(settings)])
    }

    @Test(
        "know dtypes in their own words and PyTorch's",
        arguments: [("BF16", DType.BF16), ("bfloat16", .BF16), ("f8_e5m2", .F8_E5M2), ("float8_e4m3fn", .F8_E4M3)])
    func names(name: String, dtype: DType) { #expect(CastSettings.dtype(named: name) == dtype) }

    @Test("leave integers, and vectors where 8 bits are asked for") func usual() throws {
        #expect(try Self.selection(CastSettings(dtype: .BF16)).prefix(2) == [.cast(.BF16), .cast(.BF16)])
        let eight = try Self.selection(CastSettings(dtype: .F8_E5M2))
        #expect(eight[0] == .cast(.F8_E5M2))
        for decision in eight.dropFirst() {
            #expect({ if case .keep = decision { true } else { false } }())
        }
    }

    @Test("refuse infinities that the dtype has not, or leave the tensor") func infinities() throws {
        var settings = CastSettings(dtype: .F8_E4M3)
        let error = try #require(throws: FormatError.self) {
            try Self.selection(settings, nonfinite: "2 infinite values")
        }
        #expect(error.tensor == "a.weight" && error.remedy.contains("--nonfinite keep"))
        settings.nonfinite = .keep
        #expect(
            try Self.selection(settings, nonfinite: "2 infinite values")[0] == .keep(reason: "holds 2 infinite values"))
        #expect(try Self.selection(settings, nonfinite: "1 NaN")[0] == .cast(.F8_E4M3))
    }

    @Test("refuse rules that quantize or mean nothing") func rules() throws {
        var settings = CastSettings(dtype: .BF16)
        #expect(throws: FormatError.self) {
            try settings.add(try TensorRule(parsing: "lm_head=gguf-q6_k", family: nil))
        }
        try settings.add(try TensorRule(keeping: "nothing"))
        let error = try #require(throws: FormatError.self) { try Self.selection(settings) }
        #expect(error.problem.contains("matches none"))
    }
}
