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

    func callEncodeQ8_0(_ weights: Span<UInt8>, _ count: Int, _ blocks: inout MutableSpan<UInt8>) -> Int {
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe blocks.withUnsafeMutableBufferPointer { blocks in
                guard let weights = weights.baseAddress, let blocks = blocks.baseAddress else { return 0 }
                return unsafe Int(ingot_blocks_encode_q8_0(level.number, weights, count, blocks))
            }
        }
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
