package import Bytes
import Numbers
import Tensors

/// What came into a model's matrices while texts were read: for each module the mean, over tokens, of the products of
/// all pairs of its inputs, or of the squares alone.
///
/// A safetensors file with the metadata `format: ingot-activation-statistics`. For a module such as
/// `model.layers.0.mlp.down_proj` it holds `MODULE.second_moment`, F32 or F64 [n, n], which is E[x xᵀ], or
/// `MODULE.mean_square`, [n], its diagonal. Other tensors are refused.
package struct ActivationStatistics: Sendable {
    package static let format = "ingot-activation-statistics"
    private static let moment = ".second_moment"
    private static let square = ".mean_square"
    /// The widest input of which all pairs are read: 8 GiB of doubles.
    private static let greatestWidth = 32_768

    /// The file's digest.
    package let digest: Digest
    private let file: any ByteSource
    private let tensors: [String: TensorDescription]

    /// Reads the file's header, checks it, and takes the digest of all.
    /// - Throws: `FormatError` that names the file and the tensor.
    package init(reading file: any ByteSource) throws {
        let header = try SafetensorsHeader(reading: file)
        guard header.metadata.contains(where: { $0.key == "format" && $0.value == Self.format }) else {
            throw FormatError(
                .refused, "its metadata has no 'format: \(Self.format)'", file: file.path,
                remedy: "Write the statistics as docs/transforms.md says")
        }
        for tensor in header.tensors { try Self.check(tensor, file.path) }
        self.file = file
        tensors = Dictionary(header.tensors.map { ($0.name, $0) }) { first, _ in first }
        digest = try Self.digest(of: file)
    }

    private static func check(_ tensor: TensorDescription, _ path: String) throws {
        let shape = tensor.shape.dimensions
        let isMoment = tensor.name.hasSuffix(moment) && shape.count == 2 && shape[0] == shape[1]
        let isSquare = tensor.name.hasSuffix(square) && shape.count == 1
        guard isMoment || isSquare, [.F32, .F64].contains(tensor.dtype), let width = shape.first, width > 0,
            width <= greatestWidth
        else {
            throw FormatError(
                .refused,
                "it is \(tensor.type.name) \(shape), no F32 or F64 'MODULE\(moment)' of [n, n] nor 'MODULE\(square)' "
                    + "of [n]",
                tensor: tensor.name, file: path, remedy: "Write the statistics as docs/transforms.md says")
        }
    }

    private static func digest(of file: any ByteSource) throws -> Digest {
        var stream = DigestStream()
        var buffer = [UInt8](repeating: 0, count: min(1 << 20, max(1, file.byteCount)))
        for start in stride(from: 0, to: file.byteCount, by: buffer.count) {
            let count = min(buffer.count, file.byteCount - start)
            try file.read(count, at: start, into: &buffer)
            stream.update(buffer.span.extracting(0..<count))
        }
        return stream.finish()
    }

    /// The modules that it tells of.
    package var modules: [String] {
        Set(
            tensors.keys.map {
                $0.hasSuffix(Self.moment) ? $0.dropLast(Self.moment.count) : $0.dropLast(Self.square.count)
            }
        )
        .map(String.init).sorted()
    }

    /// The mean square of each input of a module; nil when the file does not tell.
    /// - Throws: `FormatError` for another number of inputs, and for numbers that cannot be mean squares.
    package func meanSquares(of module: String, width: Int) throws -> [Float]? {
        if let tensor = tensors[module + Self.square] { return try checked(try numbers(tensor, width), tensor) }
        guard let tensor = tensors[module + Self.moment] else { return nil }
        var diagonal: [Double] = []
        for index in 0..<(try checkedWidth(tensor, width)) {
            diagonal.append(try numbers(tensor, row: index)[index])
        }
        return try checked(diagonal, tensor)
    }

    private func checked(_ values: [Double], _ tensor: TensorDescription) throws -> [Float] {
        guard values.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
            throw FormatError(
                .refused, "a mean of squares is below zero or not finite", tensor: tensor.name, file: file.path,
                remedy: "Measure the statistics again")
        }
        return values.map(Float.init)
    }

    /// Whether the products of all pairs are there.
    package func hasSecondMoments(of module: String) -> Bool { tensors[module + Self.moment] != nil }

    /// A row of E[x xᵀ].
    package func secondMoments(of module: String, row: Int, width: Int) throws -> [Double] {
        guard let tensor = tensors[module + Self.moment] else { return [] }
        _ = try checkedWidth(tensor, width)
        return try numbers(tensor, row: row)
    }

    @discardableResult private func checkedWidth(_ tensor: TensorDescription, _ width: Int) throws -> Int {
        guard tensor.shape.dimensions[0] == width else {
            throw FormatError(
                .refused, "it is of \(tensor.shape.dimensions[0]) inputs, and the module has \(width)",
                tensor: tensor.name, file: file.path, remedy: "Measure the statistics of this model")
        }
        return width
    }

    private func numbers(_ tensor: TensorDescription, _ width: Int) throws -> [Double] {
        try checkedWidth(tensor, width)
        return try numbers(tensor, row: 0)
    }

    private func numbers(_ tensor: TensorDescription, row: Int) throws -> [Double] {
        let count = tensor.shape.dimensions[tensor.shape.dimensions.count - 1]
        let size = tensor.dtype == .F64 ? 8 : 4
        let start = tensor.byteRange.lowerBound + row * count * size
        let bytes = try file.bytes(start..<start + count * size)
        guard size == 8 else { return LittleEndianFloats.decode(bytes).map(Double.init) }
        return (0..<count).map { index in
            Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[index * 8 + $1]) << (8 * $1) })
        }
    }
}
