import CKernels
import Numbers

// Each function's caller has checked that the lengths fit each other, and no pointer leaves its closure; a span without
// elements may have no address, so nothing is called for it.

extension Kernels {
    func callDecodeBlocks(
        _ type: BlockType, _ bytes: Span<UInt8>, _ count: Int, _ output: inout MutableSpan<Float>
    ) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let bytes = bytes.baseAddress, let output = output.baseAddress else { return }
                unsafe ingot_blocks_decode(level.number, Int32(type.ggmlID), bytes, count, output)
            }
        }
    }

    func callDecodeBlocks(
        _ type: BlockType, _ bytes: Span<UInt8>, _ count: Int, _ output: inout MutableSpan<UInt8>
    ) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe output.withUnsafeMutableBytes { output in
                guard let bytes = bytes.baseAddress, let target = output.baseAddress else { return }
                precondition(UInt(bitPattern: target) % 4 == 0, "the weights do not start at a multiple of four bytes")
                // Bytes hold any float's bits, and the kernel is the only one to touch them here.
                let floats = unsafe target.assumingMemoryBound(to: Float.self)
                unsafe ingot_blocks_decode(level.number, Int32(type.ggmlID), bytes, count, floats)
            }
        }
    }

    func callEncodeBlocks(
        _ type: BlockType, _ quality: EncoderQuality, _ rule: E8M0Rule, _ weights: Span<Float>, _ rows: Int,
        _ columns: Int, _ importance: [Float], _ blocks: inout MutableSpan<UInt8>
    ) -> BlockEncodeCounts {
        var counts = ingot_encode_counts()
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe importance.withUnsafeBufferPointer { importance in
                unsafe blocks.withUnsafeMutableBufferPointer { blocks in
                    guard let weights = weights.baseAddress, let blocks = blocks.baseAddress else { return }
                    var options = Self.encodeOptions(quality, rule)
                    unsafe ingot_blocks_encode(
                        level.number, Int32(type.ggmlID), &options, weights, rows, columns,
                        importance.isEmpty ? nil : importance.baseAddress, blocks, &counts)
                }
            }
        }
        return BlockEncodeCounts(counts)
    }

    func callEncodeBlocks(
        _ type: BlockType, _ weights: Span<UInt8>, _ columns: Int, _ blocks: inout MutableSpan<UInt8>
    ) -> BlockEncodeCounts {
        var counts = ingot_encode_counts()
        unsafe weights.withUnsafeBytes { weights in
            unsafe blocks.withUnsafeMutableBufferPointer { blocks in
                guard let source = weights.baseAddress, let blocks = blocks.baseAddress else { return }
                precondition(UInt(bitPattern: source) % 4 == 0, "the weights do not start at a multiple of four bytes")
                // Any bytes are a float's bits, and nothing writes to them meanwhile.
                let floats = unsafe source.assumingMemoryBound(to: Float.self)
                var options = Self.encodeOptions(.reference, .floor)
                unsafe ingot_blocks_encode(
                    level.number, Int32(type.ggmlID), &options, floats, 1, columns, nil, blocks, &counts)
            }
        }
        return BlockEncodeCounts(counts)
    }

    func callConvertToBlocks(
        _ type: BlockType, _ quality: EncoderQuality, _ rule: E8M0Rule, _ dtype: DType, _ weights: Span<UInt8>,
        _ count: Int, _ blocks: inout MutableSpan<UInt8>
    ) -> (counts: BlockEncodeCounts, errors: ErrorSums) {
        var counts = ingot_encode_counts()
        var sums = ingot_errors()
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe blocks.withUnsafeMutableBufferPointer { blocks in
                guard let weights = weights.baseAddress, let blocks = blocks.baseAddress else { return }
                var options = Self.encodeOptions(quality, rule)
                unsafe ingot_blocks_convert(
                    level.number, Int32(type.ggmlID), &options, Self.elementType(of: dtype), weights, count, blocks,
                    &counts, &sums)
            }
        }
        var errors = ErrorSums(sums, elementCount: count)
        errors.clippedCount = Int(counts.clipped)
        return (BlockEncodeCounts(counts), errors)
    }

    private static func encodeOptions(_ quality: EncoderQuality, _ rule: E8M0Rule) -> ingot_encode_options {
        let number =
            switch rule {
            case .floor: INGOT_E8M0_FLOOR
            case .nearest: INGOT_E8M0_NEAREST
            case .ceil: INGOT_E8M0_CEIL
            case .bump: INGOT_E8M0_BUMP
            }
        return ingot_encode_options(best: quality == .best ? 1 : 0, rule: Int32(number))
    }

    func callCast(
        _ from: DType, _ to: DType, _ overflow: CastOverflow, _ input: Span<UInt8>, _ count: Int,
        _ output: inout MutableSpan<UInt8>
    ) -> CastCounts {
        var counts = ingot_cast_counts()
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let input = input.baseAddress, let output = output.baseAddress else { return }
                unsafe ingot_cast(
                    level.number, Self.castNumber(of: from), Self.castNumber(of: to), overflow == .toGreatest ? 1 : 0,
                    input, count, output, &counts)
            }
        }
        return CastCounts(
            overflow: Int(counts.overflow), underflow: Int(counts.underflow), subnormal: Int(counts.subnormal),
            nan: Int(counts.nan), infinity: Int(counts.infinity))
    }

    private static func castNumber(of dtype: DType) -> Int32 {
        switch dtype {
        case .BF16: Int32(INGOT_BF16)
        case .F16: Int32(INGOT_F16)
        case .F8_E4M3: Int32(INGOT_F8_E4M3)
        case .F8_E5M2: Int32(INGOT_F8_E5M2)
        default: Int32(INGOT_F32)
        }
    }
}

extension BlockEncodeCounts {
    fileprivate init(_ counts: ingot_encode_counts) {
        self.init(
            specialCount: Int(counts.special), firstSpecial: counts.special == 0 ? nil : Int(counts.first_special),
            clippedCount: Int(counts.clipped))
    }
}
