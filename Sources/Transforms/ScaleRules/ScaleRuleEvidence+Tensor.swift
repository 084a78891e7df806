import Bytes
package import Formats
import Numbers
package import Tensors

extension ScaleRuleEvidence {
    /// Blocks that are read at a time.
    private static let blocksPerChunk = 1 << 15

    /// Looks at all blocks of a quantized tensor, chunk by chunk.
    /// - Returns: nil for a tensor that has no E8M0 scales for 32 elements each.
    /// - Throws: `FormatError`, naming the tensor, when a part is missing or not of the size that the shape needs.
    package init?(of tensor: LogicalTensor, parts: any PartBytes) throws {
        guard let elements = tensor.microscaledElements else { return nil }
        self.init(elements)
        do {
            let count = tensor.shape.elementCount / 32
            if case .blocks = tensor.encoding {
                try parts.check("data", count * (codeByteCount + 1))
            } else {
                try parts.check("codes", count * codeByteCount)
                try parts.check(tensor.scaleRole, count)
            }
            for start in stride(from: 0, to: count, by: Self.blocksPerChunk) {
                try Task.checkCancellation()
                try read(start..<min(start + Self.blocksPerChunk, count), of: tensor, parts)
            }
        } catch var error as FormatError {
            error.tensor = error.tensor ?? tensor.name
            throw error
        }
    }

    private mutating func read(_ blocks: Range<Int>, of tensor: LogicalTensor, _ parts: any PartBytes) throws {
        func bytes(_ role: String, _ byteCount: Int) throws -> [UInt8] {
            try parts.bytes(role, blocks.lowerBound * byteCount..<blocks.upperBound * byteCount)
        }
        if case .blocks = tensor.encoding {
            let blocks = try bytes("data", codeByteCount + 1)
            add(blocks: blocks.span)
        } else {
            let codes = try bytes("codes", codeByteCount), scales = try bytes(tensor.scaleRole, 1)
            add(codes: codes.span, scales: scales.span)
        }
    }
}

extension LogicalTensor {
    /// What its blocks hold, where each 32 elements of a row have an E8M0 scale; nil for every other tensor.
    package var microscaledElements: ScaleRuleEvidence.Elements? {
        switch encoding {
        case .blocks(let state): state.type == .MXFP4 ? .f4 : nil
        case .gptOSS: .f4
        case .mlx(let state): state.mode == .mxfp4 ? .f4 : state.mode == .mxfp8 ? .f8 : nil
        case .compressedTensors(let state): state.layout == .mxfp4 ? .f4ToEven : state.layout == .mxfp8 ? .f8 : nil
        case .scaledFloat(let state):
            // A floating-point scale, or one of another block, is no E8M0 of the specification's.
            if state.granularity == .group(32), [.U8, .F8_E8M0].contains(part("scale")?.dtype) {
                state.element == .F4 ? .f4 : state.element == .F8_E4M3 ? .f8 : nil
            } else {
                nil
            }
        case .dense, .bitsAndBytes, .bitsAndBytesInt8, .gptq, .awq: nil
        }
    }

    /// What the part with the scales is called.
    fileprivate var scaleRole: String { part("scales") == nil ? "scale" : "scales" }
}
