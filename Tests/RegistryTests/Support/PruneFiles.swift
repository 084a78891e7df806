import Bytes
import Formats
import Foundation
import Registry
import Tensors

/// The numbers of a safetensors file of BF16, in rows.
struct PruneFiles {
    private let header: SafetensorsHeader
    private let file: OpenFile

    init(_ path: String) throws {
        file = try OpenFile(path)
        header = try SafetensorsHeader(reading: file)
    }

    /// Of an artifact, exported.
    init(of name: String, _ home: TemporaryHome) async throws {
        let folder = home.path("files-" + UUID().uuidString)
        _ = try await home.registry.export(.init(name: name, destination: folder))
        try self.init(folder + "/model.safetensors")
    }

    var names: [String] { header.tensors.map(\.name) }

    /// The rows of a matrix; those of a vector hold one number each.
    func matrix(_ name: String) throws -> [[Float]] {
        guard let tensor = header.tensors.first(where: { $0.name == name }) else { return [] }
        let bytes = try file.bytes(tensor.byteRange)
        let values = stride(from: 0, to: bytes.count, by: 2).map { place in
            Float(bitPattern: (UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8) << 16)
        }
        let dimensions = tensor.shape.dimensions
        let width = dimensions.count > 1 ? dimensions[dimensions.count - 1] : 1
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
}
