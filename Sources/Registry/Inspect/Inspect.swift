import Architectures
import Bytes
import Formats
import Numbers
import Tensors

extension ModelRegistry {
    /// Looks at a weights file or a model's folder without registering it: headers are read, tensors only on request.
    /// - Parameters:
    ///   - path: a weights file, or a folder that holds some.
    ///   - reading: how files are read that leave a choice.
    ///   - listsTensors: whether the report lists the tensors; sums are quicker to make.
    ///   - findsScaleRules: whether the bytes of microscaled tensors are read, to tell the rule of their scales.
    /// - Throws: `FormatError` for what is not sound, with the place of the fault.
    public static func inspect(
        _ path: String, reading: ReadingOptions = ReadingOptions(), listsTensors: Bool = true,
        findsScaleRules: Bool = false
    ) throws -> InspectReport {
        let options = try reading.checked()
        if let file = try imatrix(at: path) { return try InspectReport(imatrix: file, listsTensors) }
        let source = try ModelSource(scanning: path, options: options)
        if let weights = source.weights.first, source.weights.count == 1, weights.isImatrix {
            return try InspectReport(imatrix: try OpenFile(weights.absolutePath), listsTensors)
        }
        let grouping = try source.grouping(isSorted: listsTensors)
        let weights = source.weights
        for file in weights { try Self.checkReadable(file) }
        let sharesBytes = source.sharesBytes
        let types = typeCounts(grouping.tensors, sharesBytes: sharesBytes)
        return InspectReport(
            path: source.path, format: weights.first?.layout?.format ?? "none",
            scheme: source.scheme ?? LogicalTensor.scheme(of: grouping.tensors),
            quantization: Self.quantization(of: grouping.tensors), architecture: source.properties?.architecture,
            parameters: types.reduce(0) { $0 + $1.parameters }, tensorCount: grouping.tensors.count,
            bytes: types.reduce(0) { $0 + $1.bytes },
            files: source.files.map { file in
                .init(
                    path: file.path, role: file.role.rawValue, bytes: Int(file.identity.byteCount),
                    tensorCount: file.layout?.tensors.count ?? 0)
            },
            types: types, tensors: listsTensors ? grouping.tensors.map { Self.row(of: $0, in: weights) } : [],
            metadata: weights.flatMap { file in
                (file.layout?.metadata ?? []).map { .init(file: file.path, key: $0.key, value: $0.value) }
            },
            leftOut: source.leftOut.map { .init(path: $0.path, reason: $0.reason) },
            notes: source.notes + grouping.notes + (sharesBytes ? TensorStorage.notes(on: grouping.tensors) : []),
            scaleRules: findsScaleRules ? try scaleRules(of: grouping.tensors, in: weights) : nil)
    }

    private static func row(of tensor: LogicalTensor, in weights: [ModelFile]) -> InspectReport.Tensor {
        let file = tensor.parts.first.map { weights[$0.file].path }
        return InspectReport.Tensor(
            name: tensor.name, type: type(of: tensor), shape: tensor.shape.dimensions, bytes: tensor.byteCount,
            file: file ?? "", byteOffset: tensor.principal?.byteRange.lowerBound ?? 0, bits: tensor.bits,
            groupSize: tensor.groupSize)
    }

    /// What registering would refuse of tensors that do not lie in the file as they are meant.
    private static func checkReadable(_ file: ModelFile) throws {
        for tensor in file.layout?.tensors ?? [] {
            do {
                try TensorReader.check(tensor, fileByteCount: Int(file.identity.byteCount))
            } catch { throw error.within(file: file.absolutePath) }
        }
    }

    /// The scheme of a quantized tensor, the type of another.
    private static func type(of tensor: LogicalTensor) -> String {
        tensor.scheme ?? tensor.principal?.type.name ?? "none"
    }

    /// How a model is quantized, in words.
    static func quantization(of tensors: [LogicalTensor]) -> String? { QuantizationSummary(of: tensors)?.text }

    /// Tensors by type; numbers and bytes that several names share count once.
    /// - Parameter sharesBytes: whether any do.
    private static func typeCounts(_ tensors: [LogicalTensor], sharesBytes: Bool) -> [InspectReport.TypeCount] {
        var counts: [String: InspectReport.TypeCount] = [:]
        var seen: Set<TensorStorage> = []
        for tensor in tensors {
            var count = InspectReport.TypeCount(type: type(of: tensor), tensorCount: 1, parameters: 0, bytes: 0)
            for (index, part) in tensor.parts.enumerated() {
                if sharesBytes, !seen.insert(TensorStorage(file: part.file, part.tensor)).inserted { continue }
                if index == 0, tensor.isLearned { count.parameters = tensor.shape.elementCount }
                count.bytes += part.tensor.contentByteCount
            }
            counts[count.type, default: .init(type: count.type, tensorCount: 0, parameters: 0, bytes: 0)].add(count)
        }
        return counts.values.sorted { ($1.bytes, $0.type) < ($0.bytes, $1.type) }
    }
}

extension InspectReport.TypeCount {
    fileprivate mutating func add(_ other: Self) {
        tensorCount += other.tensorCount
        parameters += other.parameters
        bytes += other.bytes
    }
}

/// The formats that Ingot reads and writes.
public struct FormatRow: Codable, Sendable {
    public var name: String
    /// Whether models in it can be registered and inspected.
    public var isRead: Bool
    /// Whether `export --format` writes it.
    public var isWritten: Bool
    /// What is handled, and what is refused.
    public var summary: String
}

extension ModelRegistry {
    /// The file formats that this version knows, those first that count most where a folder holds several.
    public static var formats: [FormatRow] {
        CheckpointFormats.all.map { format in
            FormatRow(
                name: format.name, isRead: true, isWritten: ExportFormat(rawValue: format.name) != nil,
                summary: format.summary)
        }
    }
}
