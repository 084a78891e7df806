package import Bytes

/// How much each input of a model's matrices counts: the mean square of what came in while a text was read. llama.cpp's
/// `llama-imatrix` measures it, and calls such a file an imatrix.
///
/// There are two forms of file. Numbers of the older one are little-endian:
///
/// | part | content |
/// | --- | --- |
/// | start | count of entries (Int32) |
/// | entries | for each: length of the name (Int32), the name, calls (Int32), count of values (Int32), the values (Float32) |
/// | end | chunks (Int32), length of the dataset's name (Int32), the name; files of old versions lack it, or the name |
///
/// The importance is a value divided by the calls; with no calls, the value.
///
/// The newer form is a GGUF file with `general.type` `imatrix`, the keys `imatrix.datasets`, `imatrix.chunk_count` and
/// `imatrix.chunk_size`, and for each matrix two F32 tensors: `NAME.in_sum2`, [experts, columns], and `NAME.counts`,
/// [experts, 1]. The importance is the sum divided by its expert's count; 1 for an expert that never was called.
/// Source: llama.cpp, `tools/imatrix`.
///
/// The file is read once and checked; values are read again when they are asked for, so that an imatrix of any size
/// takes no memory but for its table.
package struct ImportanceMatrix: Sendable {
    /// The two kinds of file.
    package enum Form: String, Hashable, Sendable {
        case binary, gguf
    }

    /// What the file holds of one matrix, or of a stack of matrices.
    package struct Entry: Hashable, Sendable {
        /// The GGUF name of the tensor.
        package let name: String
        /// The columns, times the matrices of a stack.
        package let valueCount: Int
        /// The matrices of a stack; nil where the file does not tell.
        package let expertCount: Int?
        /// How often each matrix was called; a single number where the file has one for all.
        package let counts: [Float]
        let byteRange: Range<Int>
        /// Where its values begin in the file.
        package var byteOffset: Int { byteRange.lowerBound }
    }

    /// The most entries that are read.
    static let mostEntries = 1 << 16
    /// The most datasets that are read.
    static let mostDatasets = 1 << 12

    package let form: Form
    /// In the file's order; names are all different.
    package let entries: [Entry]
    /// What was read while it was measured, as the file calls it.
    package let datasets: [String]
    /// The chunks of text that were read; nil where the file does not tell.
    package let chunkCount: Int?
    /// The tokens of a chunk; nil where the file does not tell.
    package let chunkSize: Int?
    /// The file's digest.
    package let digest: Digest
    /// Remarks that the user should read.
    package let notes: [String]
    let isBigEndian: Bool
    private let source: any ByteSource
    private let places: [String: Int]

    /// Reads the whole file and checks every number in it.
    /// - Throws: `FormatError` that names the file, the tensor and the byte; `FileError` when the system refuses.
    package init(reading file: any ByteSource) throws {
        do {
            let table = try Self.table(of: file)
            form = table.form
            entries = table.entries
            datasets = table.datasets
            chunkCount = table.chunkCount
            chunkSize = table.chunkSize
            notes = table.notes
            isBigEndian = table.isBigEndian
            source = file
            var places: [String: Int] = [:]
            for (place, entry) in table.entries.enumerated() {
                guard places.updateValue(place, forKey: entry.name) == nil else {
                    throw FormatError(
                        .corrupt, "another entry has this name", tensor: entry.name,
                        remedy: "Make the imatrix again with llama-imatrix")
                }
            }
            self.places = places
            digest = try Self.digest(of: file)
            for entry in entries { try forEachPiece(of: entry) { _, _ in } }
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    /// The file's name, as messages call it.
    package var path: String { source.path }

    /// What the file holds of the tensor of this GGUF name; nil when it holds nothing.
    package subscript(name: String) -> Entry? { places[name].map { entries[$0] } }

    /// The importance of each column, of a stack one matrix after the other.
    package func importance(of entry: Entry) throws -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(entry.valueCount)
        let columns = entry.valueCount / max(1, entry.counts.count)
        do {
            try forEachPiece(of: entry) { piece, start in
                for (index, value) in piece.enumerated() {
                    let count = entry.counts[min((start + index) / columns, entry.counts.count - 1)]
                    values.append(count > 0 ? value / count : form == .gguf ? 1 : value)
                }
            }
        } catch let error as FormatError {
            throw error.within(file: source.path)
        }
        return values
    }

    /// Reads the values of an entry in pieces, each value finite and not negative.
    private func forEachPiece(of entry: Entry, _ body: ([Float], Int) throws -> Void) throws {
        let step = 1 << 18
        for start in stride(from: 0, to: entry.valueCount, by: step) {
            let place = entry.byteRange.lowerBound + 4 * start
            let count = min(step, entry.valueCount - start)
            let values = try FloatWords.values(of: source, place..<place + 4 * count, isBigEndian: isBigEndian)
            if let bad = values.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
                throw FormatError(
                    .corrupt, "value \(start + bad) is \(values[bad]); finite numbers from 0 on are allowed",
                    at: place + 4 * bad, tensor: entry.name, remedy: "Make the imatrix again with llama-imatrix")
            }
            try body(values, start)
        }
    }

    private static func digest(of file: any ByteSource) throws -> Digest {
        var stream = DigestStream()
        let step = 1 << 20
        for start in stride(from: 0, to: file.byteCount, by: step) {
            let bytes = try file.bytes(start..<min(start + step, file.byteCount))
            stream.update(bytes.span)
        }
        return stream.finish()
    }
}

/// What a file says before its values are read.
struct ImportanceTable {
    var form: ImportanceMatrix.Form
    var entries: [ImportanceMatrix.Entry] = []
    var datasets: [String] = []
    var chunkCount: Int?
    var chunkSize: Int?
    var notes: [String] = []
    var isBigEndian = false
}

/// Float32 numbers in a file.
enum FloatWords {
    /// The numbers in `range`, which the caller has compared with the file.
    static func values(of file: any ByteSource, _ range: Range<Int>, isBigEndian: Bool) throws -> [Float] {
        let bytes = try file.bytes(range)
        return stride(from: 0, to: bytes.count - 3, by: 4).map { place in
            // An integer may have any bits, and the span checks that the bytes lie in it.
            let word = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self)
            return Float(bitPattern: isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word))
        }
    }
}
