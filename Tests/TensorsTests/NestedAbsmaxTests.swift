import Numbers
import Testing

@testable import Tensors

@Suite("Nested absmax") struct NestedAbsmaxTests {
    /// The map's neighbors of a scaled distance are at most 0.0282 apart; a code is the nearer one, or within half a
    /// step of 2 ÷ 65,535 of being it.
    @Test("keeps values within half a gap of the map", arguments: [1, 2, 255, 256, 257, 1000, 40_000])
    func roundTrip(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let absmax = (0..<count).map { _ in Float.random(in: 0.01...0.2, using: &generator) }
        let nested = NestedAbsmax(quantizing: absmax)
        #expect(nested.codes.count == count)
        #expect(nested.scales.count == (count + 255) / 256)
        for (index, value) in nested.decoded().enumerated() {
            #expect(abs(value - absmax[index]) <= nested.scales[index / 256] * 0.01415, "value \(index)")
        }
    }

    @Test("has scale 0 where no value differs from the mean") func equal() {
        let nested = NestedAbsmax(quantizing: [Float](repeating: 0.375, count: 300))
        #expect(nested.offset == 0.375)
        #expect(nested.scales == [0, 0])
        #expect(nested.codes.allSatisfy { $0 == 0 })
        #expect(nested.decoded() == [Float](repeating: 0.375, count: 300))
    }

    @Test("does not stumble over values that are not finite") func nonfinite() {
        let nested = NestedAbsmax(quantizing: [1, .nan, .infinity, 2])
        #expect(nested.codes.count == 4)
        #expect(nested.offset.isNaN)
    }

    @Test("needs a scale for each 256 codes") func lengths() {
        #expect(NestedAbsmax(codes: [1, 2], scales: [1], offset: 0) != nil)
        #expect(NestedAbsmax(codes: [1, 2], scales: [], offset: 0) == nil)
        #expect(NestedAbsmax(codes: [], scales: [], offset: 0)?.decoded() == [])
    }

    /// The judge: the 65,536 steps and the map searched one by one.
    @Test("finds the nearest value of the rounded step") func nearest() {
        let values = (0...4000).map { Float($0) / 2000 - 1 } + [-3, 3, 0, -0, 1e-7, -1e-7]
        var codes = [UInt8](repeating: 0, count: values.count)
        DynamicMapSearch.shared.encode(values, scale: 1, into: &codes, at: 0)
        for (value, code) in zip(values, codes) {
            let step = ((min(1, max(-1, value)) + 1) * 0.5).addingProduct(0, 0)
            let rounded = Float(0.5).addingProduct(step, 65535).rounded(.down)
            let place = -1 + 2 * rounded / 65535
            #expect(Int(code) == DynamicMap.midpoints.count { $0 < place }, "\(value)")
        }
    }

    /// Sums in another order differ in the last bits; float64 gives the mean to compare with.
    @Test("takes a mean that is right to float32", arguments: [1, 7, 8, 31, 32, 33, 520, 4096, 100_000])
    func mean(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let values = (0..<count).map { _ in Float.random(in: 0...1, using: &generator) }
        let exact = values.reduce(0.0) { $0 + Double($1) } / Double(count)
        #expect(abs(Double(torchMean(of: values.span)) - exact) < exact * 1e-6)
    }
}

@Suite("Kernel levels") struct KernelLevelTests {
    @Test("always offer the portable one, and the best that they offer") func supported() throws {
        #expect(KernelLevel.portable.isSupported)
        #expect(KernelLevel.best.isSupported)
        #expect(try Kernels(level: .portable).level == .portable)
        #expect(Kernels().level == KernelLevel.best)
    }

    @Test("refuse what the machine does not run, and say what it does", arguments: KernelLevel.allCases)
    func refused(level: KernelLevel) {
        if level.isSupported {
            #expect(throws: Never.self) { try Kernels(level: level) }
        } else {
            #expect(throws: UnsupportedKernelLevel(level: level)) { try Kernels(level: level) }
        }
        let text = UnsupportedKernelLevel(level: level).description
        #expect(text.contains(level.rawValue))
        #expect(text.contains("portable"))
    }
}
