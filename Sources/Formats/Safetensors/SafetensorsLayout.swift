package import Bytes
package import Numbers
package import Tensors

/// Where a safetensors file to be written will hold what: known before the first tensor byte, so that a writer streams
/// the header and then each tensor in turn.
///
/// Tensors lie as the reference writer lays them: higher rank of dtype first, then by the bytes of their names, so that
/// each starts at a multiple of its element. `__metadata__` comes first, with sorted keys (the reference's order is
/// random). The same input gives the same bytes.
package struct SafetensorsLayout: Equatable, Sendable {
    /// The tensors in the file's order, with the bytes that each will take in the file.
    package let tensors: [TensorDescription]
    /// All that comes before the first tensor: the length, the JSON, and spaces up to a multiple of 8.
    package let headerBytes: [UInt8]

    /// The whole file's length.
    package var byteCount: Int { tensors.last?.byteRange.upperBound ?? headerBytes.count }

    /// - Parameters:
    ///   - tensors: what the file will hold, in any order; names all different.
    ///   - metadata: what it will say about itself, in any order; no object is written when there is nothing.
    /// - Throws: `FormatError` for equal names or keys, the name `__metadata__`, an empty name and one with a control
    ///   character, a dtype that safetensors lacks, a tensor that is no
    ///   whole number of bytes, and a header longer than readers accept.
    package init(
        tensors: [(name: String, dtype: DType, shape: [Int])], metadata: [(String, String)] = []
    ) throws(FormatError) {
        let ranks = Dictionary(uniqueKeysWithValues: DType.allCases.map { ($0, $0.rank) })
        let sorted = tensors.sorted { left, right in
            left.dtype == right.dtype
                ? left.name.precedes(right.name)
                : (ranks[left.dtype] ?? 0) > (ranks[right.dtype] ?? 0)
        }
        let placed = try Self.place(sorted)
        let members = try Self.metadataText(metadata) + placed.map { Self.entryText($0) }
        let header = try Self.header("{" + members.joined(separator: ",") + "}")
        headerBytes = header
        self.tensors = placed.map { tensor in
            let range = (tensor.byteRange.lowerBound + header.count)..<(tensor.byteRange.upperBound + header.count)
            return TensorDescription(name: tensor.name, type: tensor.type, shape: tensor.shape, byteRange: range)
        }
    }

    /// The tensors one behind the other, counted from the data's start.
    private static func place(
        _ tensors: [(name: String, dtype: DType, shape: [Int])]
    ) throws(FormatError) -> [TensorDescription] {
        var names: Set<String> = [Safetensors.metadataKey]
        var placed: [TensorDescription] = []
        var end = 0
        for tensor in tensors {
            try PlainName.check(tensor: tensor.name, at: nil)
            guard names.insert(tensor.name).inserted else {
                throw FormatError(
                    .refused, "a file cannot hold two tensors of this name", tensor: tensor.name,
                    remedy: "Rename one of them")
            }
            do throws(FormatError) {
                guard tensor.dtype.isInSafetensors else {
                    throw FormatError(
                        .unsupported, "safetensors has no dtype \(tensor.dtype)",
                        remedy: "Choose another format or dtype")
                }
                let (shape, byteCount) = try SafetensorsSize.byteCount(of: tensor.dtype, tensor.shape, at: nil)
                let (next, overflow) = end.addingReportingOverflow(byteCount)
                guard !overflow, next <= Int.max - Safetensors.longestHeader - Safetensors.prefixByteCount else {
                    throw FormatError(.refused, "the file would be too long to count", remedy: "Split it into shards")
                }
                placed.append(
                    TensorDescription(name: tensor.name, dtype: tensor.dtype, shape: shape, byteRange: end..<next))
                end = next
            } catch {
                throw error.concerning(tensor: tensor.name)
            }
        }
        return placed
    }

    private static func metadataText(_ metadata: [(String, String)]) throws(FormatError) -> [String] {
        guard !metadata.isEmpty else { return [] }
        let object = JSONObject(metadata.map { ($0.0, .string($0.1)) })
        guard object.members.count == metadata.count else {
            throw FormatError(
                .refused, "the metadata has one key twice", remedy: "Give each key of \(Safetensors.metadataKey) once")
        }
        return [JSONValue.string(Safetensors.metadataKey).text() + ":" + JSONValue.object(object.sorted()).text()]
    }

    private static func entryText(_ tensor: TensorDescription) -> String {
        let name = JSONValue.string(tensor.name).text()
        let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
        let offsets = "\(tensor.byteRange.lowerBound),\(tensor.byteRange.upperBound)"
        return #"\#(name):{"dtype":"\#(tensor.type)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}"#
    }

    /// The length, the JSON and the spaces behind it.
    static func header(_ json: String) throws(FormatError) -> [UInt8] {
        var text = Array(json.utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        guard text.count <= Safetensors.longestHeader else {
            throw FormatError(
                .refused, "the header would take \(text.count) bytes, \(Safetensors.longestHeader) are allowed",
                remedy: "Split the tensors over several files")
        }
        return (0..<Safetensors.prefixByteCount).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
}
