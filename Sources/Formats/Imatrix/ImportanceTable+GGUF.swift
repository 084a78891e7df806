import Bytes
import Numbers
import Tensors

extension ImportanceTable {
    private static let sums = ".in_sum2"
    private static let counts = ".counts"

    /// Reads the newer form.
    init(gguf file: any ByteSource) throws {
        self.init(form: .gguf)
        let header = try GGUFHeader(reading: file)
        let type = header.metadata["general.type"]?.text
        guard type == ImportanceMatrix.typeName else {
            throw FormatError(
                .refused, "its general.type is " + (type.map { "\(PlainName.quoted($0)), not 'imatrix'" } ?? "missing"),
                at: 0, remedy: "Give the file that llama-imatrix wrote")
        }
        notes = header.notes
        isBigEndian = header.isBigEndian
        chunkCount = try Self.count("imatrix.chunk_count", in: header.metadata)
        chunkSize = try Self.count("imatrix.chunk_size", in: header.metadata)
        datasets = try Self.datasets(in: header.metadata)
        let byName = Dictionary(header.tensors.map { ($0.name, $0) }) { first, _ in first }
        for tensor in header.tensors {
            do {
                if let entry = try Self.entry(of: tensor, among: byName, file, isBigEndian) { entries.append(entry) }
            } catch let error as FormatError {
                throw error.concerning(tensor: tensor.name)
            }
        }
        guard !entries.isEmpty, entries.count <= ImportanceMatrix.mostEntries else {
            throw FormatError(
                entries.isEmpty ? .corrupt : .unsupported,
                "it has \(entries.count) entries; 1 to \(ImportanceMatrix.mostEntries) are read", at: 8,
                remedy: "Make the imatrix again with llama-imatrix")
        }
    }

    /// The entry whose sums `tensor` holds; nil for the counts of one.
    private static func entry(
        of tensor: TensorDescription, among tensors: [String: TensorDescription], _ file: any ByteSource,
        _ isBigEndian: Bool
    ) throws -> ImportanceMatrix.Entry? {
        let isSums = tensor.name.hasSuffix(sums), isCounts = tensor.name.hasSuffix(counts)
        guard isSums || isCounts, tensor.name.utf8.count > (isSums ? sums : counts).utf8.count else {
            throw fault("an imatrix has tensors that end in '\(sums)' and '\(counts)' alone")
        }
        let name = String(tensor.name.dropLast((isSums ? sums : counts).count))
        guard tensor.type == .plain(.F32) else { throw fault("its type is \(tensor.type.name); F32 is allowed") }
        guard let sum = tensors[name + sums], let count = tensors[name + counts] else {
            throw fault("there is no '\(name + (isSums ? counts : sums))' beside it")
        }
        guard isSums else { return nil }
        let columns = sum.shape.dimensions.last ?? 0
        guard sum.shape.elementCount > 0, count.shape.elementCount == sum.shape.elementCount / columns,
            count.shape.elementCount == 1 || count.shape.dimensions.last == 1
        else {
            throw fault(
                "its shape is \(sum.shape), that of its counts \(count.shape); [experts, columns] and [experts, 1] are "
                    + "allowed")
        }
        return ImportanceMatrix.Entry(
            name: name, valueCount: sum.shape.elementCount, expertCount: count.shape.elementCount,
            counts: try values(ofCounts: count, file, isBigEndian), byteRange: sum.byteRange)
    }

    private static func values(
        ofCounts tensor: TensorDescription, _ file: any ByteSource, _ isBigEndian: Bool
    ) throws -> [Float] {
        let values = try FloatWords.values(of: file, tensor.byteRange, isBigEndian: isBigEndian)
        if let bad = values.firstIndex(where: { !($0 >= 0 && $0.isFinite && $0 == $0.rounded()) }) {
            throw FormatError(
                .corrupt, "count \(bad) is \(values[bad]); whole numbers from 0 on are allowed",
                at: tensor.byteRange.lowerBound + 4 * bad, tensor: tensor.name,
                remedy: "Make the imatrix again with llama-imatrix")
        }
        return values
    }

    private static func count(_ key: String, in metadata: GGUFMetadata) throws(FormatError) -> Int? {
        guard let value = metadata[key] else { return nil }
        guard let count = value.integer, count >= 0 else {
            throw fault("\(key) is \(value.shownText.shortened); a whole number from 0 on is allowed")
        }
        return count
    }

    private static func datasets(in metadata: GGUFMetadata) throws(FormatError) -> [String] {
        guard let value = metadata["imatrix.datasets"] else { return [] }
        guard let array = value.array, array.elementType == .string, array.count <= ImportanceMatrix.mostDatasets else {
            throw fault("imatrix.datasets is no array of at most \(ImportanceMatrix.mostDatasets) strings")
        }
        return array.strings ?? []
    }

    private static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, problem, remedy: "Make the imatrix again with llama-imatrix")
    }
}
