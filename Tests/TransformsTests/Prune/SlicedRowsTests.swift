import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Sliced rows") struct SlicedRowsTests {
    private static let kernels = Kernels()

    /// 23 rows of 17 numbers of `width` bytes, each byte a random one.
    private func matrix(_ dtype: DType, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<23 * 17 * dtype.bitCount / 8).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private func some(_ count: Int, _ generator: inout SeededGenerator) -> [Int] {
        (0..<count).filter { _ in Bool.random(using: &generator) }
    }

    private func ranges(_ indices: [Int]) -> [Range<Int>] { indices.map { $0..<$0 + 1 } }

    @Test(
        "are the elements that stay, in order, however they are read",
        arguments: [DType.F8_E4M3, .BF16, .F32, .F64], 0..<UInt64(6))
    func elements(dtype: DType, seed: UInt64) throws {
        let bytes = matrix(dtype, seed: seed), width = dtype.bitCount / 8
        var generator = SeededGenerator(seed: seed + 100)
        let rows = some(23, &generator), columns = some(17, &generator)
        var expected: [UInt8] = []
        for row in rows {
            for column in columns {
                let start = (row * 17 + column) * width
                expected += bytes[start..<start + width]
            }
        }
        let sliced = SlicedRows(
            MemoryRows(bytes, rowLength: 17, dtype: dtype), rows: ranges(rows), columns: ranges(columns),
            kernels: Self.kernels)
        #expect(sliced.rowCount == rows.count && sliced.rowLength == columns.count)
        for step in [1, 5, 23] {
            var found: [UInt8] = []
            for start in stride(from: 0, to: rows.count, by: step) {
                let range = start..<min(start + step, rows.count)
                var buffer = [UInt8](repeating: 0, count: range.count * sliced.rowByteCount)
                try sliced.read(range, into: &buffer)
                found += buffer
            }
            #expect(found == expected, "seed \(seed), \(step) rows at once")
        }
    }

    @Test("leave out long gaps and rows beyond a piece without losing any") func long() throws {
        let bytes = (0..<60_000).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let source = MemoryRows(bytes, rowLength: 1, dtype: .BF16)
        let rows = [0..<3, 40_000..<59_000, 59_500..<59_501]
        let sliced = SlicedRows(source, rows: rows, columns: nil, kernels: Self.kernels)
        var buffer = [UInt8](repeating: 0, count: sliced.rowCount * 2)
        try sliced.read(0..<sliced.rowCount, into: &buffer)
        let expected = rows.flatMap { (range: Range<Int>) -> [UInt8] in
            Array(bytes[2 * range.lowerBound..<2 * range.upperBound])
        }
        #expect(buffer == expected)
    }

    @Test("are scaled with their addend, as float32 whatever they are stored as") func scaled() throws {
        let values: [Float] = [0.5, -1.25, 3]
        let rows = ScaledRows(
            MemoryRows(LittleEndianFloats.encode(values), rowLength: 1, dtype: .F32), factor: 2, addend: 1,
            kernels: Self.kernels)
        var buffer = [UInt8](repeating: 0, count: 12)
        try rows.read(0..<3, into: &buffer)
        #expect(LittleEndianFloats.decode(buffer) == [2, -1.5, 7])
    }

    @Test("are not rounded when they are scaled, so that who rounds them sees what is too large") func wide() throws {
        let bytes: [UInt8] = [0xFF, 0x7B]  // 65504, the greatest of float16
        let source = MemoryRows(bytes, rowLength: 1, dtype: .F16)
        let rows = ScaledRows(source, factor: 2, addend: 0, kernels: Self.kernels)
        #expect(rows.dtype == .F32)
        var buffer = [UInt8](repeating: 0, count: 4)
        try rows.read(0..<1, into: &buffer)
        #expect(LittleEndianFloats.decode(buffer) == [131_008])
        let greatest = MemoryRows(
            LittleEndianFloats.encode([Float.greatestFiniteMagnitude]), rowLength: 1, dtype: .F32)
        let beyond = ScaledRows(greatest, factor: 2, addend: 0, kernels: Self.kernels)
        #expect(throws: FormatError.self) { try beyond.read(0..<1, into: &buffer) }
    }
}
