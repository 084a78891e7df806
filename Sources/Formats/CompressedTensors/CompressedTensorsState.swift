package import Numbers

/// How compressed-tensors (vLLM, llm-compressor) holds a matrix.
///
/// `w = (q - zero point) * scale`, in the scales' dtype; in BF16 for F4 codes.
package struct CompressedTensorsState: QuantizedEncoding {
    /// What the codes are and where they lie.
    package enum Layout: Hashable, Sendable {
        /// Signed numbers with 2^(bits - 1) added, in 32-bit words. When 32 is no multiple of the bits, codes run on
        /// from word to word; in older files (`fillsWords` false) a word holds only whole codes.
        case packed(bits: Int, fillsWords: Bool)
        /// Signed bytes, of which so many bits are used.
        case integers(bits: Int)
        /// F8_E4M3 or F8_E5M2.
        case floats(DType)
        /// F4, an F8_E4M3 scale for 16, and one divisor of all scales.
        case nvfp4
        /// F4 with an E8M0 scale for 32.
        case mxfp4
        /// F8_E4M3 with an E8M0 scale for 32.
        case mxfp8
        /// Two of each four weights, and which ones; the rest is zero.
        case sparse24
        /// The weights that are not zero, and which ones they are.
        case sparse
    }

    package let layout: Layout
    /// Which weights share a scale; a sparse matrix has none.
    package let granularity: ScaleGranularity
    /// Whether there are no zero points.
    package let isSymmetric: Bool
    /// Whether a column's group is not its place divided by the group size.
    package let hasActOrder: Bool

    package init(layout: Layout, granularity: ScaleGranularity, isSymmetric: Bool, hasActOrder: Bool) {
        self.layout = layout
        self.granularity = granularity
        self.isSymmetric = isSymmetric
        self.hasActOrder = hasActOrder
    }

    package var bits: Int {
        switch layout {
        case .packed(let bits, _), .integers(let bits): bits
        case .floats, .mxfp8: 8
        case .nvfp4, .mxfp4: 4
        case .sparse24, .sparse: 16
        }
    }

    package var groupSize: Int? { granularity.groupSize }

    package var scheme: String {
        let suffix = (isSymmetric ? "" : "-asym") + (hasActOrder ? "-actorder" : "")
        switch layout {
        case .packed(let bits, let fillsWords):
            // Bytes need no packing, so the packed ones say it.
            let place = bits == 8 ? "-packed" : fillsWords ? "" : "-words"
            return "ct-int\(bits)-\(granularity.id)\(suffix)\(place)"
        case .integers(let bits): return "ct-int\(bits)-\(granularity.id)\(suffix)" + (bits == 8 ? "" : "-bytes")
        case .floats(.F8_E5M2): return "ct-fp8e5m2-\(granularity.id)"
        case .floats: return "ct-fp8-\(granularity.id)"
        case .nvfp4: return "ct-nvfp4"
        case .mxfp4: return "ct-mxfp4"
        case .mxfp8: return "ct-mxfp8"
        case .sparse24: return "ct-sparse24"
        case .sparse: return "ct-sparse"
        }
    }

    package var summary: String {
        let type =
            switch layout {
            case .packed(let bits, _): "INT\(bits) packed"
            case .integers(let bits): "INT\(bits)"
            case .floats(let type): type == .F8_E5M2 ? "FP8 E5M2" : "FP8"
            case .nvfp4: "NVFP4"
            case .mxfp4: "MXFP4"
            case .mxfp8: "MXFP8"
            case .sparse24: "2:4 sparse"
            case .sparse: "sparse"
            }
        var words = ["compressed-tensors \(type)"]
        switch layout {
        case .sparse24, .sparse: break
        case .packed, .integers: words += [granularity.words, isSymmetric ? "symmetric" : "asymmetric"]
        default: words.append(granularity.words)
        }
        return (words + (hasActOrder ? ["act-order"] : [])).joined(separator: ", ")
    }
}
