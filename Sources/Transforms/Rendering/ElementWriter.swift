import Bytes
import Numbers
import Tensors

/// Turns elements of one type into those of another.
struct ElementWriter {
    private let source: DType
    private let target: ElementType
    private let addend: Float
    private let kernels: Kernels

    /// Buffers that are used again for each chunk.
    struct Scratch {
        var floats: [UInt8] = []
        var output: [UInt8] = []
    }

    init(from source: DType, to target: ElementType, addend: Float, kernels: Kernels) throws {
        self.source = source
        self.target = target
        self.addend = addend
        self.kernels = kernels
        guard target != .plain(source) || addend != 0 else { return }
        let isWritable: Bool =
            switch target {
            case .plain(let dtype): Kernels.castTypes.contains(dtype) || dtype == .F64
            case .block(let block): block == .Q8_0
            }
        guard Self.canWiden(source), isWritable else {
            throw FormatError(
                .unsupported, "there is no cast from \(source) to \(target)", remedy: "Choose another dtype")
        }
    }

    func write(
        _ bytes: Span<UInt8>, overflow: CastOverflow, scratch: inout Scratch, _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        if target == .plain(source), addend == 0 {
            try body(bytes)
            return CastCounts()
        }
        if addend == 0, Kernels.castTypes.contains(source), case .plain(let dtype) = target, dtype != .F64 {
            return try cast(bytes, from: source, to: dtype, overflow, &scratch.output, body)
        }
        let counts = widen(bytes, overflow, &scratch.floats)
        let floats = scratch.floats
        switch target {
        case .plain(.F32):
            try body(floats.span)
            return counts
        case .plain(.F64):
            Self.widen(floats, &scratch.output)
            try body(scratch.output.span)
            return counts
        case .plain(let dtype):
            return try cast(floats.span, from: .F32, to: dtype, overflow, &scratch.output, body)
        case .block(let block):
            let count = floats.count / 4 / block.elementCount * block.byteCount
            Self.resize(&scratch.output, to: count)
            var output = scratch.output.mutableSpan
            let faults = kernels.encodeBlocks(block, floats.span, into: &output).specialCount
            guard faults == 0 else {
                throw FormatError(
                    .refused, "\(faults) of its blocks hold NaN, infinities or numbers too large for \(block)",
                    remedy: "Choose f32 or bf16")
            }
            try body(scratch.output.span)
            return CastCounts()
        }
    }

    private func cast(
        _ bytes: Span<UInt8>, from: DType, to: DType, _ overflow: CastOverflow, _ buffer: inout [UInt8],
        _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        Self.resize(&buffer, to: bytes.count / (from.bitCount / 8) * (to.bitCount / 8))
        var output = buffer.mutableSpan
        let counts = kernels.cast(from: from, to: to, input: bytes, into: &output, overflow: overflow)
        try body(buffer.span)
        return counts
    }

    /// Whether elements of the type can be read as numbers.
    private static func canWiden(_ dtype: DType) -> Bool {
        guard dtype.isFloatingPoint else { return false }
        return Kernels.castTypes.contains(dtype) || dtype == .F64 || dtype.codeValues != nil && dtype.bitCount != 6
    }

    /// The elements as float32, with the addend added.
    /// - Returns: what that did to numbers of float64, where it is the only rounding.
    private func widen(_ bytes: Span<UInt8>, _ overflow: CastOverflow, _ floats: inout [UInt8]) -> CastCounts {
        let isRoundedAgain: Bool =
            if case .plain(let dtype) = target { dtype != .F32 && dtype != .F64 } else { false }
        var narrow = DoubleNarrowing(overflow: overflow, isFinal: !isRoundedAgain || addend != 0)
        let width = source.bitCount / 8
        let count = bytes.count * 8 / source.bitCount
        Self.resize(&floats, to: count * 4)
        if Kernels.castTypes.contains(source) {
            var output = floats.mutableSpan
            _ = kernels.cast(from: source, to: .F32, input: bytes, into: &output)
        } else if let values = source.codeValues, source.bitCount == 8 {
            for index in 0..<count { Self.store(Float(values[Int(bytes[index])]), at: index, &floats) }
        } else if source == .F64 {
            for index in 0..<count {
                let bits = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[index * width + $1]) << (8 * $1) }
                Self.store(narrow(Double(bitPattern: bits)), at: index, &floats)
            }
        } else if let values = source.codeValues, source.bitCount == 4 {
            for index in 0..<count {
                Self.store(Float(values[Int(bytes[index / 2] >> (4 * UInt8(index % 2)) & 15)]), at: index, &floats)
            }
        }
        guard addend != 0 else { return narrow.counts }
        for index in 0..<count {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(floats[index * 4 + $1]) << (8 * $1) }
            Self.store(Float(bitPattern: bits) + addend, at: index, &floats)
        }
        return narrow.counts
    }

    /// Numbers of float32 as float64, which holds each of them.
    private static func widen(_ floats: [UInt8], _ output: inout [UInt8]) {
        resize(&output, to: floats.count * 2)
        for index in 0..<floats.count / 4 {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(floats[index * 4 + $1]) << (8 * $1) }
            let wide = Double(Float(bitPattern: bits)).bitPattern
            for byte in 0..<8 { output[index * 8 + byte] = UInt8(truncatingIfNeeded: wide >> (8 * byte)) }
        }
    }

    private static func store(_ value: Float, at index: Int, _ floats: inout [UInt8]) {
        for byte in 0..<4 { floats[index * 4 + byte] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * byte)) }
    }

    private static func resize(_ buffer: inout [UInt8], to count: Int) {
        if buffer.count != count { buffer = [UInt8](repeating: 0, count: count) }
    }
}
