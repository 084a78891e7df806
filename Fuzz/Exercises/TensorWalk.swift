import Bytes
import Formats
import Numbers
import Tensors

/// Reads the tensors of a layout as an export does, and compares what different ways to the same numbers give.
struct TensorWalk {
    private let source: MemorySource
    private let reader: TensorReader

    /// The bytes that are read of one file: one that repeats its bytes legally need not be read to the end.
    private static let readByteCount = 16 << 20
    /// The bytes that are decoded of one file.
    private static let decodedByteCount = 256 << 10

    private static let kernels: [Kernels] = KernelLevel.allCases.compactMap { level in
        do { return try Kernels(level: level) } catch { return nil }
    }

    init(_ source: MemorySource) {
        self.source = source
        reader = TensorReader(source)
    }

    private struct Spent: Error {}

    /// Reads all tensors, up to a bound.
    /// - Throws: `Exercise.Fault` when a tensor lies outside of the file, or has not the length that is announced.
    func read(_ layout: FileLayout) throws {
        var rest = Self.readByteCount
        for tensor in layout.tensors {
            let range = tensor.byteRange
            try Exercise.expect(
                range.lowerBound >= 0 && range.upperBound <= source.byteCount,
                "'\(tensor.name)' has bytes \(range) of \(source.byteCount)")
            guard rest > 0 else { continue }
            var count = 0
            do {
                try reader.forEachPiece(of: tensor) { piece in
                    count += piece.count
                    if count > rest { throw Spent() }
                }
            } catch is Spent {
                rest = 0
                continue
            }
            rest -= count
            try Exercise.expect(
                count == tensor.contentByteCount,
                "'\(tensor.name)' gives \(count) bytes, \(tensor.contentByteCount) are announced")
        }
    }

    /// Decodes the start of the tensors.
    /// - Throws: `Exercise.Fault` when pieces and the whole differ, and when two levels of kernels give different
    ///   numbers.
    func compare(_ layout: FileLayout) throws {
        var rest = Self.decodedByteCount
        for tensor in layout.tensors where tensor.contentByteCount > 0 && tensor.contentByteCount <= rest {
            rest -= tensor.contentByteCount
            var pieces: [UInt8] = []
            try reader.forEachPiece(of: tensor) { piece in
                for index in piece.indices { pieces.append(piece[index]) }
            }
            try Exercise.expect(
                try reader.content(of: tensor) == pieces, "'\(tensor.name)' differs whole and in pieces")
            try decode(pieces, tensor)
        }
    }

    private func decode(_ bytes: [UInt8], _ tensor: TensorDescription) throws {
        switch tensor.type {
        case .block(let type):
            try agree(tensor, "decode \(type)") { kernels in
                var floats = [Float](repeating: 0, count: bytes.count / type.byteCount * type.elementCount)
                var span = floats.mutableSpan
                kernels.decodeBlocks(type, bytes.span, into: &span)
                return floats.map(\.bitPattern)
            }
        case .plain(let dtype):
            try agree(tensor, "measure \(dtype)") { kernels in
                var statistics = StatisticsAccumulator(dtype: dtype, kernels: kernels)
                statistics.update(bytes.span)
                return "\(statistics.finish())"
            }
            guard Kernels.castTypes.contains(dtype) else { return }
            for target in Kernels.castTypes {
                try agree(tensor, "cast \(dtype) to \(target)") { kernels in
                    let count = bytes.count / (dtype.bitCount / 8) * (target.bitCount / 8)
                    var output = [UInt8](repeating: 0, count: count)
                    var span = output.mutableSpan
                    _ = kernels.cast(from: dtype, to: target, input: bytes.span, into: &span)
                    return output
                }
            }
        }
    }

    /// Does the same at every level of kernels.
    private func agree(
        _ tensor: TensorDescription, _ act: String, _ result: (Kernels) -> some Equatable
    ) throws(Exercise.Fault) {
        let results = Self.kernels.map(result)
        try Exercise.expect(
            results.allSatisfy { $0 == results.first }, "'\(tensor.name)': levels \(act) differently")
    }
}
