import Architectures
import Formats
import Numbers
import Tensors
import Transforms

// Experts in MXFP4, which cross between the layouts of gpt-oss and GGUF without becoming numbers.

extension LogicalTensor {
    /// The name by which families' rules know the tensor: gpt-oss' packed experts by that of their codes, since their
    /// shape is not that of the dense parameter.
    var layoutName: String { encoding == .gptOSS ? name + PlannedTensor.codesSuffix : name }
}

extension PlannedTensor {
    fileprivate static let codesSuffix = "_blocks"
    private static let scalesSuffix = "_scales"

    /// The codes and the scales, each a tensor of bytes, as gpt-oss' checkpoints have them.
    var packedParts: [PlannedPart] {
        let groups = mapping.shape.dropLast() + [(mapping.shape.last ?? 0) / MXFP4Packing.groupSize]
        let stem = name.hasSuffix(Self.codesSuffix) ? String(name.dropLast(Self.codesSuffix.count)) : name
        return [
            PlannedPart(
                tensor: self, index: 0, name: stem + Self.codesSuffix, type: .plain(.U8),
                shape: groups + [MXFP4Packing.codeByteCount]),
            PlannedPart(
                tensor: self, index: 1, name: stem + Self.scalesSuffix, type: .plain(.U8), shape: Array(groups)),
        ]
    }
}

extension PlannedPart {
    /// What the part has of each group of a tensor that is repacked.
    var packedContent: MXFP4Rows.Content {
        guard tensor.mapping.isPacked else { return .blocks }
        return index == 0 ? .codes : .scales
    }
}

extension ExportSource {
    /// The rows of a tensor in MXFP4 as bytes of another layout, all parts checked against their digests.
    func packedRows(of tensor: LogicalTensor, as content: MXFP4Rows.Content) throws -> any RowSource {
        try MXFP4Rows(tensor, parts: try checkedParts(of: tensor), as: content)
    }
}
