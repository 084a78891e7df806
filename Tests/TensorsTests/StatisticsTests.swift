import Numbers
import Testing

@testable import Tensors

@Suite("Statistics") struct StatisticsTests {
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    static func statistics(_ dtype: DType, _ bytes: [UInt8], _ kernels: Kernels, cuts: [Int] = []) -> TensorStatistics {
        var accumulator = StatisticsAccumulator(dtype: dtype, kernels: kernels)
        var start = 0
        for end in cuts + [bytes.count] {
            accumulator.update(bytes.span.extracting(start..<end))
            start = end
        }
        return accumulator.finish()
    }

    /// The judge: one element at a time.
    static func values(_ dtype: DType, _ bytes: [UInt8]) -> [Double] {
        let count = bytes.count * 8 / dtype.bitCount
        return (0..<count).map { index in
            guard dtype != .C128 else { return complexDouble(at: index, bytes) }
            let bits = bits(at: index, width: dtype.bitCount, bytes)
            switch dtype {
            case .I16: return Double(Int16(truncatingIfNeeded: bits))
            case .I32: return Double(Int32(truncatingIfNeeded: bits))
            case .I64: return Double(Int64(bitPattern: bits))
            case .U16, .U32, .U64: return Double(bits)
            case .F16: return Double(Float16(bitPattern: UInt16(bits)))
            case .BF16: return Double(Float(bitPattern: UInt32(bits) << 16))
            case .F32: return Double(Float(bitPattern: UInt32(bits)))
            case .F64: return Double(bitPattern: bits)
            case .C64:
                let real = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
                let imaginary = Float(bitPattern: UInt32(bits >> 32))
                if real.isNaN || imaginary.isNaN { return .nan }
                return real.isInfinite || imaginary.isInfinite ? .infinity : real == 0 && imaginary == 0 ? 0 : 1
            default: return dtype.codeValues?[Int(bits)] ?? .nan
            }
        }
    }

    /// A pair of doubles as one number of the same kind: NaN, infinite, zero or another.
    static func complexDouble(at index: Int, _ bytes: [UInt8]) -> Double {
        let parts = [0, 64].map { Double(bitPattern: bits(at: index * 2 + $0 / 64, width: 64, bytes)) }
        if parts.contains(where: \.isNaN) { return .nan }
        return parts.contains(where: \.isInfinite) ? .infinity : parts == [0, 0] ? 0 : 1
    }

    /// An element's bits, lowest first, wherever it begins.
    static func bits(at index: Int, width: Int, _ bytes: [UInt8]) -> UInt64 {
        let first = index * width, last = first + width - 1
        var word: UInt64 = 0
        for place in stride(from: last / 8, through: first / 8, by: -1) { word = word << 8 | UInt64(bytes[place]) }
        return width % 8 == 0 ? word : word >> UInt64(first % 8) & (1 << UInt64(width) - 1)
    }

    /// More than a tile of 4,096 elements of the types that are summed in tiles. Ends within a row of every type.
    static func byteCount(_ dtype: DType) -> Int { [.BF16, .F16, .F32].contains(dtype) ? 12312 * 2 : 1752 }

    @Test("are the judge's for any bits of any type", arguments: DType.allCases, 0..<UInt64(2))
    func anyBits(dtype: DType, seed: UInt64) throws {
        var bytes = Self.bytes(Self.byteCount(dtype), seed: seed)
        // Half of them with small exponents, so that not every tile holds something that is not finite.
        if seed == 1 { for place in bytes.indices where place % 2 == 1 { bytes[place] &= 0xBF } }
        let values = Self.values(dtype, bytes)
        let finite = values.filter(\.isFinite)
        let mean = finite.reduce(0) { $0 + $1 / Double(finite.count) }
        let variance = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / Double(finite.count) }
        for level in KernelLevel.supported {
            let found = Self.statistics(dtype, bytes, try Kernels(level: level))
            #expect(found == Self.statistics(dtype, bytes, Kernels()))
            #expect(found.nanCount == values.count(where: \.isNaN))
            #expect(found.infinityCount == values.count(where: \.isInfinite))
            #expect(found.zeroFraction == Double(values.count { $0 == 0 }) / Double(values.count))
            guard dtype != .C64, dtype != .C128 else {
                #expect(found.minimum == nil && found.mean == nil)
                continue
            }
            #expect(found.minimum == finite.min())
            #expect(found.maximum == finite.max())
            #expect(found.absoluteMaximum == finite.map(abs).max())
            guard dtype != .F64 else { continue }  // its sums overflow
            #expect(Self.isClose(found.mean, mean, scale: variance.squareRoot()))
            #expect(Self.isClose(found.standardDeviation, variance.squareRoot(), scale: variance.squareRoot()))
        }
    }

    private static func isClose(_ found: Double?, _ expected: Double, scale: Double) -> Bool {
        found.map { abs($0 - expected) <= 1e-9 * max(abs(expected), scale) } ?? false
    }

    @Test("do not depend on how the bytes were cut", arguments: DType.allCases, KernelLevel.supported)
    func cuts(dtype: DType, level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let bytes = Self.bytes(Self.byteCount(dtype), seed: 5)
        let whole = Self.statistics(dtype, bytes, kernels)
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<4 {
            let cuts = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                Int.random(in: 0...bytes.count, using: &generator)
            }
            #expect(Self.statistics(dtype, bytes, kernels, cuts: cuts.sorted()) == whole)
        }
        #expect(Self.statistics(dtype, bytes, kernels, cuts: Array(1..<400)) == whole)
    }

    @Test("of an empty tensor have no values", arguments: DType.allCases)
    func empty(dtype: DType) {
        #expect(Self.statistics(dtype, [], Kernels()) == TensorStatistics())
    }

    @Test("of equal elements have no deviation, and zeros no sign", arguments: KernelLevel.supported)
    func equal(level: KernelLevel) throws {
        let kernels = try Kernels(level: level)
        let tenth = Self.statistics(.F32, [Float](repeating: 0.1, count: 5000).bitPatterns.littleEndianBytes, kernels)
        #expect(tenth.standardDeviation == 0)
        #expect(tenth.mean == Double(Float(0.1)))
        let zeros = Self.statistics(.BF16, [UInt16](repeating: 0x8000, count: 100).littleEndianBytes, kernels)
        #expect(zeros.minimum?.sign == .plus)
        #expect(zeros.zeroFraction == 1)
        #expect(zeros.standardDeviation == 0)
    }

    @Test("of a tensor without finite elements have counts only", arguments: KernelLevel.supported)
    func nonfinite(level: KernelLevel) throws {
        let elements = [UInt16](repeating: 0x7F80, count: 40) + [UInt16](repeating: 0xFFC1, count: 30)
        let found = Self.statistics(.BF16, elements.littleEndianBytes, try Kernels(level: level))
        #expect(found == TensorStatistics(zeroFraction: 0, nanCount: 30, infinityCount: 40))
    }

    /// Differences from the first element keep what squares of the elements would lose.
    @Test("keep the deviation of large integers") func largeIntegers() throws {
        let values = (0..<1000).map { Int64(1) << 40 + Int64($0 % 2) }
        let found = Self.statistics(.I64, values.littleEndianBytes, Kernels())
        #expect(found.standardDeviation == 0.5)
        #expect(found.mean == Double(Int64(1) << 40) + 0.5)
    }

    static let smallFloats = DType.allCases.filter { $0.codeValues != nil && $0.isFloatingPoint }

    /// ml_dtypes converts each code.
    @Test("read the small floats as ml_dtypes does", arguments: smallFloats)
    func codes(dtype: DType) throws {
        let golden = try #require(try GoldenFile("floats/codes.safetensors")[dtype.rawValue]).floats
        let values = try #require(dtype.codeValues)
        #expect(values.count == golden.count)
        for (code, pair) in zip(values, golden).enumerated() {
            #expect(pair.0.isNaN ? pair.1.isNaN : pair.0 == Double(pair.1), "code \(code)")
        }
    }
}
