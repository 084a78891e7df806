import Testing

@testable import Numbers

@Suite("DType") struct DTypeTests {
    /// The greatest finite value of each type, by its specification.
    @Test(
        "has codes up to the greatest value of its specification",
        arguments: [
            (DType.F4, 6.0), (.F6_E2M3, 7.5), (.F6_E3M2, 28), (.F8_E4M3, 448), (.F8_E5M2, 57344), (.F8_E4M3FNUZ, 240),
            (.F8_E5M2FNUZ, 57344), (.U8, 255), (.I8, 127), (.BOOL, 1),
        ])
    func greatest(dtype: DType, value: Double) throws {
        let values = try #require(dtype.codeValues)
        #expect(values.count == 1 << dtype.bitCount)
        #expect(values.filter(\.isFinite).max() == value)
    }

    @Test("lists no codes of more than 8 bits") func wide() {
        #expect(DType.allCases.allSatisfy { ($0.codeValues == nil) == ($0.bitCount > 8) })
    }
}
