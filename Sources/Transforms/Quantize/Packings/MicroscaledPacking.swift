import Tensors

/// Small floats and the byte of each block's E8M0 scale, as MLX, compressed-tensors and gpt-oss have them: two F4 codes
/// a byte, the first one in the low half.
struct MicroscaledPacking: CodePacking {
    func append(_ rows: GroupedRows, into sink: any PartSink) throws {
        try sink.append(rows.packed.span, to: 0)
        let scales = rows.scales.map(Self.byte)
        try sink.append(scales.span, to: 1)
    }

    /// The byte of a power of two: its exponent and 127; 255 for what is no number.
    static func byte(of scale: Float) -> UInt8 {
        // 2^-127 is the one that float32 holds without its leading bit.
        scale.isFinite ? UInt8(clamping: Int(scale.exponent) + 127) : 255
    }
}
