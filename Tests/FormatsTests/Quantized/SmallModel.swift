import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

/// Tensors without a file: what a header would say, with the bytes of small ones.
struct SmallModel {
    var tensors: [(name: String, dtype: DType, shape: [Int])]
    var config: String?
    var sidecar: String?
    /// The bytes of tensors that are read to tell what they are; zeros for others.
    var content: [String: [UInt8]] = [:]

    /// Each tensor begins 4096 bytes behind the one before.
    func grouping() throws -> LogicalTensor.Grouping {
        let stored = try tensors.enumerated().map { index, tensor in
            let shape = try #require(Shape(tensor.shape))
            let bytes = try #require(ElementType.plain(tensor.dtype).byteCount(elements: shape.elementCount))
            return FiledTensor(
                file: 0,
                tensor: TensorDescription(
                    name: tensor.name, dtype: tensor.dtype, shape: shape,
                    byteRange: index * 4096..<index * 4096 + bytes))
        }
        func json(_ text: String?) throws -> JSONValue? {
            try text.map { try JSONValue(parsing: Array($0.utf8), dialect: .python) }
        }
        let content = content
        return try LogicalTensor.group(stored, config: try json(config), sidecar: try json(sidecar)) { tensor in
            content[tensor.tensor.name] ?? [UInt8](repeating: 0, count: tensor.tensor.byteRange.count)
        }
    }

    func replacing(_ name: String, by tensor: (name: String, dtype: DType, shape: [Int])?) -> Self {
        var copy = self
        copy.tensors = tensors.compactMap { $0.name == name ? tensor : $0 }
        return copy
    }

    static func words(_ values: [Int32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    static func longs(_ values: [Int64]) -> [UInt8] {
        values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }
}
