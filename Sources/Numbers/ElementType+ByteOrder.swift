extension ElementType {
    /// Turns little-endian content into big-endian content, and back.
    ///
    /// Of plain elements each one's bytes are reversed, of complex ones each half's. Of blocks each number of several
    /// bytes is: scales, and words of bits where ggml reads them as words; single bytes stay where they are.
    /// - Parameter count: how many of the bytes are content, from the first one on; nil for all.
    package func reverseByteOrder(of bytes: inout MutableSpan<UInt8>, count: Int? = nil) {
        let count = count ?? bytes.count
        switch self {
        case .plain(let dtype):
            let width = dtype.scalarByteCount
            guard width > 1 else { return }
            precondition(count % width == 0, "\(count) bytes are no whole elements of \(dtype)")
            for start in stride(from: 0, to: count, by: width) { Self.reverse(&bytes, start, width) }
        case .block(let type):
            precondition(count % type.byteCount == 0, "\(count) bytes are no whole blocks of \(type)")
            let words = type.words
            for block in stride(from: 0, to: count, by: type.byteCount) {
                for run in words {
                    for index in 0..<run.count {
                        Self.reverse(&bytes, block + run.start + index * run.width, run.width)
                    }
                }
            }
        }
    }

    private static func reverse(_ bytes: inout MutableSpan<UInt8>, _ start: Int, _ width: Int) {
        for index in 0..<width / 2 {
            let other = start + width - 1 - index
            (bytes[start + index], bytes[other]) = (bytes[other], bytes[start + index])
        }
    }
}

extension BlockType {
    /// Neighboring numbers of the same width within a block.
    struct Words {
        /// Of the first number, in bytes from the block's start.
        let start: Int
        /// Bytes a number.
        let width: Int
        let count: Int
    }

    /// The numbers of several bytes, as ggml's code reads them. On a big-endian machine it would so decode a block
    /// whose words are reversed to the same weights. Source: ggml 0.25.3, ggml-common.h, and dequantize_row_* of
    /// ggml-quants.c.
    var words: [Words] {
        switch self {
        case .Q4_0, .Q8_0, .IQ4_NL, .Q1_0, .Q2_0, .IQ2_S, .IQ3_S: [Words(start: 0, width: 2, count: 1)]
        case .Q4_1, .Q8_1, .Q4_K, .Q5_K, .IQ4_XS: [Words(start: 0, width: 2, count: 2)]
        case .Q5_0: [Words(start: 0, width: 2, count: 1), Words(start: 2, width: 4, count: 1)]
        case .Q5_1: [Words(start: 0, width: 2, count: 2), Words(start: 4, width: 4, count: 1)]
        case .Q2_K: [Words(start: 80, width: 2, count: 2)]
        case .Q3_K: [Words(start: 108, width: 2, count: 1)]
        case .Q6_K: [Words(start: 208, width: 2, count: 1)]
        case .Q8_K: [Words(start: 0, width: 4, count: 1), Words(start: 260, width: 2, count: 16)]
        case .IQ2_XXS:
            // Of each pair of words the first holds four bytes of codes, read one by one.
            [Words(start: 0, width: 2, count: 1)] + (0..<8).map { Words(start: 6 + 8 * $0, width: 4, count: 1) }
        case .IQ2_XS: [Words(start: 0, width: 2, count: 33)]
        case .IQ3_XXS: [Words(start: 0, width: 2, count: 1), Words(start: 66, width: 4, count: 8)]
        case .IQ1_S: [Words(start: 0, width: 2, count: 1), Words(start: 34, width: 2, count: 8)]
        case .IQ1_M: [Words(start: 48, width: 2, count: 4)]
        case .TQ1_0: [Words(start: 52, width: 2, count: 1)]
        case .TQ2_0: [Words(start: 64, width: 2, count: 1)]
        case .MXFP4, .NVFP4: []
        }
    }
}
