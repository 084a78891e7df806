package import Numbers

/// A 4-bit scheme of bitsandbytes: `bnb-nf4`, `bnb-nf4-dq`, `bnb-fp4`, `bnb-fp4-dq`, with `-bN` behind for another
/// block size than 64.
package struct FourBitScheme: Hashable, Sendable {
    /// Which sixteen values the codes mean.
    package let type: FourBitType
    /// Whether the scales are quantized to 8 bits in turn ("double quantization").
    package let isNested: Bool
    /// Weights that share one scale.
    package let blockSize: Int

    package static let defaultBlockSize = 64
    /// The block sizes that bitsandbytes has kernels for.
    package static let blockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096]
    /// The bits of one code.
    package static let bits = 4

    package init(type: FourBitType, isNested: Bool, blockSize: Int = defaultBlockSize) {
        self.type = type
        self.isNested = isNested
        self.blockSize = blockSize
    }

    /// The schemes at the usual block size.
    package static let known = FourBitType.allCases.flatMap { type in
        [false, true].map { Self(type: type, isNested: $0) }
    }

    /// The id that the catalog holds.
    package var id: String { "bnb-" + shortName }

    /// The id without its family: what a tag is called.
    package var shortName: String {
        type.rawValue + (isNested ? "-dq" : "") + (blockSize == Self.defaultBlockSize ? "" : "-b\(blockSize)")
    }
}
