import Bytes
import Formats
import Numbers
import Tensors

/// Reads the tensors of a layout as an export does, and compares what different ways to the same numbers give.
struct TensorWalk {
    private let source: MemorySource
    private let reader: TensorReader
    /// The bytes that may still be read: files that repeat their bytes legally need not be read to the end.
    private var budget = 16 << 20

    private static let kernels: [Kernels] = KernelLevel.allCases.compactMap { level in
        do { return try Kernels(level: level) } catch { return nil }
    }

    init(_ source: MemorySource) {
        self.source = source
        reader = TensorReader(source)
    }

    private struct Spent: Error {}

    mutating func read(_ layout: FileLayout) throws {
        for tensor in layout.tensors { try read(tensor) }
    }

    /// - Throws: `Exercise.Fault` when pieces and the whole differ, when the length is not the one announced, and when two
    ///   levels of kernels decode different numbers.
    mutating func read(_ tensor: TensorDescription) throws {
        let range = tensor.byteRange
        try Exercise.expect(
            range.lowerBound >= 0 && range.upperBound <= source.byteCount,
            "'\(tensor.name)' has bytes \(range) of \(source.byteCount)")
        guard budget > 0 else { return }
        var count = 0
        var start: [UInt8] = []
        let budget = budget
        do {
            try reader.forEachPiece(of: tensor) { piece in
                count += piece.count
                if start.isEmpty { for index in piece.indices { start.append(piece[index]) } }
                if count > budget { throw Spent() }
            }
        } catch is Spent {
            self.budget = 0
            return
        }
        self.budget -= count
        try Exercise.expect(
            count == tensor.contentByteCount,
            "'\(tensor.name)' gives \(count) bytes, \(tensor.contentByteCount) are announced")
        let whole = try reader.content(of: tensor)
        try Exercise.expect(
            whole.count == count && whole.starts(with: start), "'\(tensor.name)' differs whole and in pieces")
        try decode(whole, tensor)
    }

    private func decode(_ bytes: [UInt8], _ tensor: TensorDescription) throws {
        switch tensor.type {
        case .block(let type):
            var results: [[UInt32]] = []
            for kernels in Self.kernels {
                var floats = [Float](repeating: 0, count: bytes.count / type.byteCount * type.elementCount)
                var span = floats.mutableSpan
                kernels.decodeBlocks(type, bytes.span, into: &span)
                results.append(floats.map(\.bitPattern))
            }
            try Exercise.expect(
                results.allSatisfy { $0 == results.first }, "'\(tensor.name)': levels decode \(type) differently")
        case .plain(let dtype):
            let results = Self.kernels.map { kernels in
                var statistics = StatisticsAccumulator(dtype: dtype, kernels: kernels)
                statistics.update(bytes.span)
                return "\(statistics.finish())"
            }
            try Exercise.expect(
                results.allSatisfy { $0 == results.first }, "'\(tensor.name)': levels measure \(dtype) differently")
            try cast(bytes, dtype, tensor)
        }
    }

    private func cast(_ bytes: [UInt8], _ dtype: DType, _ tensor: TensorDescription) throws {
        guard Kernels.castTypes.contains(dtype) else { return }
        for target in Kernels.castTypes {
            let results = Self.kernels.map { kernels in
                let count = bytes.count / (dtype.bitCount / 8) * (target.bitCount / 8)
                var output = [UInt8](repeating: 0, count: count)
                var span = output.mutableSpan
                _ = kernels.cast(from: dtype, to: target, input: bytes.span, into: &span)
                return output
            }
            try Exercise.expect(
                results.allSatisfy { $0 == results.first },
                "'\(tensor.name)': levels cast \(dtype) to \(target) differently")
        }
    }
}
