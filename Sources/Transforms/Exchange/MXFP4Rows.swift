import Bytes
package import Formats
package import Numbers
import Tensors

/// The rows of a matrix in MXFP4, as bytes of another layout of it: no number is made, and no bit of a code or scale
/// changes.
package final class MXFP4Rows: RowSource {
    /// What of each group of 32 a row has.
    package enum Content: Sendable {
        /// GGUF's block: the scale, then the codes.
        case blocks
        /// The codes alone, neighbors in one byte.
        case codes
        /// The scale alone.
        case scales

        /// The bytes of a group.
        package var byteCount: Int {
            switch self {
            case .blocks: MXFP4Packing.blockByteCount
            case .codes: MXFP4Packing.codeByteCount
            case .scales: 1
            }
        }
    }

    package let rowCount: Int
    /// The bytes of a row.
    package let rowLength: Int
    package let dtype = DType.U8
    private let groups: Int
    private let content: Content
    private let stored: Stored
    private let parts: any PartBytes

    /// The layout that the tensor is stored in.
    private enum Stored {
        case blocks
        case apart(scales: String)
    }

    /// - Parameters:
    ///   - tensor: one that `holds` is true for.
    ///   - parts: the bytes of its parts.
    /// - Throws: `FormatError` when it is no MXFP4, or parts are not of the sizes that its shape needs.
    package init(_ tensor: LogicalTensor, parts: any PartBytes, as content: Content) throws {
        guard let stored = Self.stored(tensor), let columns = tensor.shape.dimensions.last,
            columns % MXFP4Packing.groupSize == 0
        else {
            throw FormatError(
                .unsupported, "it holds no whole blocks of MXFP4", tensor: tensor.name,
                remedy: "Ask for numbers with --dtype")
        }
        self.stored = stored
        self.content = content
        self.parts = parts
        groups = columns / MXFP4Packing.groupSize
        rowCount = tensor.shape.dimensions.dropLast().reduce(1, *)
        rowLength = groups * content.byteCount
        do throws(FormatError) {
            switch stored {
            case .blocks: try parts.check("data", rowCount * groups * MXFP4Packing.blockByteCount)
            case .apart(let scales):
                try parts.check("codes", rowCount * groups * MXFP4Packing.codeByteCount)
                try parts.check(scales, rowCount * groups)
            }
        } catch {
            var named = error
            named.tensor = error.tensor ?? tensor.name
            throw named
        }
    }

    /// Whether a tensor is a matrix or a stack of them in MXFP4 of one of the layouts that are known here.
    package static func holds(_ tensor: LogicalTensor) -> Bool { stored(tensor) != nil }

    private static func stored(_ tensor: LogicalTensor) -> Stored? {
        guard tensor.codeGrid == .mxfp4 else { return nil }
        if case .blocks = tensor.encoding { return .blocks }
        return .apart(scales: tensor.part("scale") == nil ? "scales" : "scale")
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        let made = try bytes(of: rows)
        buffer.replaceSubrange(0..<made.count, with: made)
    }

    private func bytes(of rows: Range<Int>) throws -> [UInt8] {
        switch (stored, content) {
        case (.blocks, .blocks): return try bytes("data", rows, .blocks)
        case (.apart, .codes): return try bytes("codes", rows, .codes)
        case (.apart(let scales), .scales): return try bytes(scales, rows, .scales)
        case (.apart(let scales), .blocks):
            let codes = try bytes("codes", rows, .codes), exponents = try bytes(scales, rows, .scales)
            var made = [UInt8](repeating: 0, count: rows.count * rowLength)
            var output = made.mutableSpan
            MXFP4Packing.pack(codes: codes.span, scales: exponents.span, into: &output)
            return made
        case (.blocks, _):
            let blocks = try bytes("data", rows, .blocks)
            var made = [UInt8](repeating: 0, count: rows.count * rowLength)
            var output = made.mutableSpan
            if case .codes = content {
                MXFP4Packing.codes(of: blocks.span, into: &output)
            } else {
                MXFP4Packing.scales(of: blocks.span, into: &output)
            }
            return made
        }
    }

    private func bytes(_ role: String, _ rows: Range<Int>, _ content: Content) throws -> [UInt8] {
        let width = groups * content.byteCount
        return try parts.bytes(role, rows.lowerBound * width..<rows.upperBound * width)
    }
}
