import Testing

@testable import Numbers

@Suite("Four-bit types") struct FourBitTypeTests {
    @Test("have 16 values within one, of which the largest is one", arguments: FourBitType.allCases)
    func values(type: FourBitType) {
        #expect(type.values.count == 16)
        #expect(type.values.map(abs).max() == 1)
        #expect(type.values[Int(type.codeOfZero)] == 0)
        #expect(type.values[Int(type.codeOfZero)].sign == .plus)
    }

    /// The numbers are those of the library's CUDA source for NF4.
    @Test("decide halfway between neighbors", arguments: FourBitType.allCases)
    func points(type: FourBitType) {
        let ranked = type.codesByRank.map { type.values[Int($0)] }
        #expect(ranked == ranked.sorted())
        #expect(Set(type.codesByRank).count == 16)
        #expect(type.decisionPoints.count == 15)
        #expect(type.decisionPoints == type.decisionPoints.sorted())
        #expect(FourBitType.nf4.decisionPoints[0] == Float(-0.8480964004993439 as Double))
        #expect(FourBitType.nf4.decisionPoints[6] == Float(-0.045525018125772476 as Double))
        #expect(FourBitType.nf4.decisionPoints[14] == Float(0.8614784181118011 as Double))
        #expect(FourBitType.fp4.decisionPoints[7] == 0)
    }
}

@Suite("Dynamic map") struct DynamicMapTests {
    /// The construction of the map: midpoints of ever finer intervals of 0.1...1, times powers of ten, each rounded
    /// once.
    @Test("is what its construction gives, bit for bit") func construction() {
        var expected: [Float] = [0, 1]
        for part in 0..<7 {
            let count = 1 << part
            let step = (1 - Float(0.1)) / Float(count)
            let points = (0...count).map { index in
                index < (count + 1) / 2
                    ? Float(Double(Float(0.1)) + Double(index) * Double(step))
                    : Float(1 - Double(count - index) * Double(step))
            }
            let power = [Float(1e-6), 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1][part]
            for index in 0..<count {
                let value = power * ((points[index] + points[index + 1]) / 2)
                expected += [value, -value]
            }
        }
        #expect(DynamicMap.values == expected.sorted())
    }

    @Test("has an entry for zero, and midpoints that ascend") func order() {
        #expect(DynamicMap.values[127] == 0)
        #expect(DynamicMap.midpoints.count == 255)
        #expect(zip(DynamicMap.midpoints, DynamicMap.midpoints.dropFirst()).allSatisfy { $0 < $1 })
    }
}
