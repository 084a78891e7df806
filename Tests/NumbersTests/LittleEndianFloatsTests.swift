import Numbers
import Testing

@Suite("Little-endian floats") struct LittleEndianFloatsTests {
    @Test("are four bytes each, the lowest first") func layout() {
        #expect(LittleEndianFloats.encode([1, -2]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }

    @Test("come back bit for bit, NaN too") func roundTrip() {
        let values: [Float] = [0, -0.0, 1.5, .infinity, .leastNonzeroMagnitude, Float(bitPattern: 0x7FC0_1234)]
        let back = LittleEndianFloats.decode(LittleEndianFloats.encode(values) + [1, 2])
        #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test("of fewer than four bytes are none") func short() {
        #expect(LittleEndianFloats.decode([1, 2, 3]).isEmpty)
        #expect(LittleEndianFloats.decode([]).isEmpty)
    }
}
