import Bytes
import Formats

extension ModelRegistry {
    /// The file that a path names, when it is an imatrix of the older form, which no checkpoint format takes.
    static func imatrix(at path: String) throws -> OpenFile? {
        guard !Folder.isFolder(path), FileIdentity(path: path) != nil else { return nil }
        let file = try OpenFile(path)
        return try ImportanceMatrix.isBinary(file) ? file : nil
    }

    /// The model at a path, which is to be registered.
    /// - Throws: `FormatError` also for an imatrix in one form or the other.
    static func model(at path: String, _ options: ReadOptions) throws -> ModelSource {
        if try imatrix(at: path) != nil { throw notAModel(path) }
        let source = try ModelSource(scanning: path, options: options)
        if let file = source.weights.first(where: \.isImatrix) { throw notAModel(file.absolutePath) }
        return source
    }

    private static func notAModel(_ path: String) -> FormatError {
        FormatError(
            .refused, "this is an imatrix, which says how much each input of a model's matrices counts, and no model",
            file: path, remedy: "Give it to a conversion of its model: 'ingot convert NAME --to SCHEME --imatrix FILE'")
    }
}

extension ModelFile {
    /// Whether it is an imatrix in a GGUF file, by what it says of itself.
    var isImatrix: Bool {
        layout?.format == GGUF.name
            && layout?.metadata.contains(MetadataEntry(key: "general.type", value: ImportanceMatrix.typeName)) == true
    }
}

extension InspectReport {
    /// What an imatrix holds: its entries stand as tensors of [matrices, columns] where it tells the matrices.
    init(imatrix file: OpenFile, _ listsTensors: Bool) throws {
        let matrix = try ImportanceMatrix(reading: file)
        let name = String(file.path.split(separator: "/").last ?? "")
        let values = matrix.entries.reduce(0) { $0 + $1.valueCount }
        let facts: [(String, String?)] = [
            ("form", matrix.form == .gguf ? "GGUF" : "older binary form"),
            ("datasets", matrix.datasets.isEmpty ? nil : matrix.datasets.joined(separator: ", ")),
            ("chunks", matrix.chunkCount.map(String.init)), ("tokens of a chunk", matrix.chunkSize.map(String.init)),
        ]
        self.init(
            path: file.path, format: ImportanceMatrix.typeName, scheme: "f32", quantization: nil, architecture: nil,
            parameters: 0, tensorCount: matrix.entries.count, bytes: 4 * values,
            files: [
                File(
                    path: name, role: ImportanceMatrix.typeName, bytes: file.byteCount,
                    tensorCount: matrix.entries.count)
            ],
            types: [TypeCount(type: "F32", tensorCount: matrix.entries.count, parameters: 0, bytes: 4 * values)],
            tensors: listsTensors ? matrix.entries.map(Tensor.init).sorted(byBytesOf: \.name) : [],
            metadata: facts.compactMap { key, value in value.map { Entry(file: name, key: key, value: $0) } },
            leftOut: [],
            notes: matrix.notes + ["this is no model: it says how much each input of a model's matrices counts"])
    }
}

extension InspectReport.Tensor {
    fileprivate init(_ entry: ImportanceMatrix.Entry) {
        let columns = entry.valueCount / max(1, entry.expertCount ?? 1)
        self.init(
            name: entry.name, type: "F32",
            shape: entry.expertCount.map { $0 == 1 ? [columns] : [$0, columns] } ?? [columns],
            bytes: 4 * entry.valueCount, file: "", byteOffset: entry.byteOffset, bits: nil, groupSize: nil)
    }
}
