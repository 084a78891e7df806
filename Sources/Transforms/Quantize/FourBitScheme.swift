package import Bytes
import Foundation
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
    /// The version of the encoder whose bytes `reference` names; part of every recipe.
    package static let encoder = "reference-1"

    package init(type: FourBitType, isNested: Bool, blockSize: Int = defaultBlockSize) {
        self.type = type
        self.isNested = isNested
        self.blockSize = blockSize
    }

    /// Resolves a scheme id or its short form, such as `bnb-nf4-dq`, `nf4-dq` or `nf4-b128`.
    /// - Throws: `FormatError` that lists what is known.
    package init(named name: String, blockSize: Int?) throws(FormatError) {
        var base = name.lowercased()
        var size = blockSize ?? Self.defaultBlockSize
        if let place = base.range(of: "-b", options: .backwards), let number = Int(base[place.upperBound...]) {
            guard blockSize == nil || blockSize == number else {
                throw FormatError(
                    .refused, "'\(name)' says block \(number), but --block says \(size)",
                    remedy: "Leave one of them out")
            }
            size = number
            base = String(base[..<place.lowerBound])
        }
        guard let known = Self.known.first(where: { $0.id == base || $0.shortName == base }) else {
            let names = Self.known.map { "\($0.shortName) (\($0.id))" }.joined(separator: ", ")
            throw FormatError(.unsupported, "there is no scheme '\(name)'", remedy: "Choose one of \(names)")
        }
        guard Self.blockSizes.contains(size) else {
            let sizes = Self.blockSizes.map(String.init).joined(separator: ", ")
            throw FormatError(.refused, "\(size) is not a block size of \(known.id)", remedy: "Choose one of \(sizes)")
        }
        self.init(type: known.type, isNested: known.isNested, blockSize: size)
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

    /// The recipe that quantizes with this scheme.
    package func recipe(rules: [TensorRule], keepsNonfinite: Bool) -> Recipe {
        var settings = QuantizeSettings(target: .scheme(.fourBit(self)))
        settings.rules = rules
        settings.keepsNonfinite = keepsNonfinite
        return settings.recipe
    }
}
