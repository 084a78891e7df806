import Numbers
import Tensors

/// The codes of ggml's blocks of 32 that have one scale: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, MXFP4.
///
/// Source: `gguf.md`, section 4. A block has its scale, its least number (`_1`), its fifth bits (`5_`), then its codes:
/// bytes for Q8_0, else the first half of the weights in the low halves of 16 bytes, the second half in the high ones.
struct BlockCodes: CodeReader {
    private let source: BlockDequantizer
    private let form: BlockForm
    private let grid: CodeGrid

    init(_ source: BlockDequantizer, grid: CodeGrid) {
        self.source = source
        self.grid = grid
        form = BlockForm(grid)
    }

    func codes(ofRows rows: Range<Int>) throws -> CodeRows { try read(rows, withCodes: true) }

    func numbers(ofRows rows: Range<Int>) throws -> CodeRows { try read(rows, withCodes: false) }

    private func read(_ rows: Range<Int>, withCodes: Bool) throws -> CodeRows {
        let bytes = try source.blocks(ofRows: rows)
        let span = bytes.span
        let count = bytes.count / form.byteCount
        var found = CodeRows(codes: [], scales: [], shifts: [])
        found.scales.reserveCapacity(count)
        if withCodes { found.codes = [UInt8](repeating: 0, count: count * BlockForm.elementCount) }
        for block in 0..<count {
            let start = block * form.byteCount
            switch grid.meaning {
            case .exponent: found.scales.append(ByteScales.exponents[Int(span[start])])
            case .bias:
                found.scales.append(Self.half(span, start))
                found.shifts.append(Self.half(span, start + 2))
            case .zeroPoint(let zeros):
                found.scales.append(Self.half(span, start))
                found.shifts.append(Float(zeros.lowerBound))
            }
            if withCodes { form.unpack(span, at: start, into: &found.codes, at: block * BlockForm.elementCount) }
        }
        return found
    }

    private static func half(_ bytes: Span<UInt8>, _ place: Int) -> Float {
        Float(Float16(bitPattern: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8))
    }
}

/// Where in a block of 32 what lies.
struct BlockForm {
    static let elementCount = 32
    let bits: Int
    /// The bytes before the codes and their fifth bits.
    let headByteCount: Int

    /// - Parameter grid: that of a block type.
    init(_ grid: CodeGrid) {
        bits = grid.bits
        headByteCount =
            switch grid.meaning {
            case .exponent: 1
            case .zeroPoint: 2
            case .bias: 4
            }
    }

    private var hasFifthBits: Bool { bits == 5 }
    private var codesStart: Int { headByteCount + (hasFifthBits ? 4 : 0) }
    var byteCount: Int { codesStart + (bits == 8 ? Self.elementCount : Self.elementCount / 2) }

    func unpack(_ bytes: Span<UInt8>, at start: Int, into codes: inout [UInt8], at place: Int) {
        let first = start + codesStart
        guard bits != 8 else {
            // Signed bytes become codes from 0.
            for index in 0..<Self.elementCount { codes[place + index] = bytes[first + index] ^ 0x80 }
            return
        }
        let half = Self.elementCount / 2
        for index in 0..<half {
            codes[place + index] = bytes[first + index] & 15
            codes[place + half + index] = bytes[first + index] >> 4
        }
        guard hasFifthBits else { return }
        for index in 0..<Self.elementCount {
            codes[place + index] |= (bytes[start + headByteCount + index / 8] >> UInt8(index % 8) & 1) << 4
        }
    }

    func pack(_ codes: Span<UInt8>, at place: Int, into bytes: inout [UInt8], at start: Int) {
        let first = start + codesStart
        guard bits != 8 else {
            for index in 0..<Self.elementCount { bytes[first + index] = codes[place + index] ^ 0x80 }
            return
        }
        let half = Self.elementCount / 2
        for index in 0..<half {
            bytes[first + index] = codes[place + index] & 15 | codes[place + half + index] << 4
        }
        guard hasFifthBits else { return }
        for index in 0..<Self.elementCount {
            bytes[start + headByteCount + index / 8] |= (codes[place + index] >> 4 & 1) << UInt8(index % 8)
        }
    }
}

/// Writes ggml's blocks of 32.
struct BlockPacking: CodePacking {
    private let form: BlockForm
    private let meaning: CodeGrid.Meaning

    /// - Parameter grid: that of a block type.
    init(_ grid: CodeGrid) {
        form = BlockForm(grid)
        meaning = grid.meaning
    }

    func append(_ rows: GroupedRows, into sink: any PartSink) throws {
        var bytes = [UInt8](repeating: 0, count: rows.scales.count * form.byteCount)
        let codes = rows.codes.span
        for block in rows.scales.indices {
            let start = block * form.byteCount
            switch meaning {
            case .exponent: bytes[start] = MicroscaledPacking.byte(of: rows.scales[block])
            case .bias:
                Self.put(rows.scales[block], into: &bytes, at: start)
                Self.put(rows.shifts[block], into: &bytes, at: start + 2)
            case .zeroPoint: Self.put(rows.scales[block], into: &bytes, at: start)
            }
            form.pack(codes, at: block * BlockForm.elementCount, into: &bytes, at: start)
        }
        try sink.append(bytes.span, to: 0)
    }

    private static func put(_ number: Float, into bytes: inout [UInt8], at place: Int) {
        let bits = Float16(number).bitPattern
        bytes[place] = UInt8(truncatingIfNeeded: bits)
        bytes[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
    }
}
