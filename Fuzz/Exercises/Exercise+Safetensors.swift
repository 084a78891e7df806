import Bytes
import Formats
import Numbers
import Tensors

extension Exercise {
    /// A safetensors file: read, grouped, and written anew in the canonical order, which must then stay as it is.
    static let safetensors = Exercise("safetensors") { file in
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        let isRecognized = Safetensors.recognizes(start.span)
        let layout = try Safetensors.layout(of: file)
        try expect(isRecognized, "a sound file is not recognized")
        var walk = TensorWalk(file)
        try walk.read(layout)
        let header = try SafetensorsHeader(reading: file)
        try expect(header.byteCount == file.byteCount, "the header accounts for \(header.byteCount) bytes")
        try rewrite(header)
        try group(layout, of: file)
    }

    private static func rewrite(_ header: SafetensorsHeader) throws {
        let tensors = try header.tensors.map { tensor in
            guard let dtype = tensor.dtype else { throw Fault(text: "'\(tensor.name)' is in blocks") }
            return (name: tensor.name, dtype: dtype, shape: tensor.shape.dimensions)
        }
        let metadata = header.metadata.map { ($0.key, $0.value) }
        let written = try SafetensorsLayout(tensors: tensors, metadata: metadata)
        let json = Array(written.headerBytes.dropFirst(Safetensors.prefixByteCount))
        let again = try SafetensorsHeader(parsing: json, fileByteCount: written.byteCount)
        try expect(again.tensors == written.tensors, "tensors differ after writing")
        try expect(Set(again.metadata) == Set(header.metadata), "metadata differs after writing")
        let shapes = Dictionary(uniqueKeysWithValues: again.tensors.map { ($0.name, $0) })
        for tensor in header.tensors {
            let found = shapes[tensor.name]
            try expect(
                found?.type == tensor.type && found?.shape == tensor.shape, "'\(tensor.name)' differs after writing")
        }
    }

    /// Finds the quantized matrices. A `config` in the metadata stands for the config.json beside the file.
    static func group(_ layout: FileLayout, of file: MemorySource) throws {
        let text = layout.metadata.first { $0.key == "config" }?.value
        let config = try text.map { try JSONValue(parsing: Array($0.utf8), dialect: .python) }
        let reader = TensorReader(file)
        let stored = layout.tensors.map { FiledTensor(file: 0, tensor: $0) }
        let logical = try LogicalTensor.group(stored, config: config) { try reader.content(of: $0.tensor) }
        let parts = logical.flatMap { $0.parts.map(\.tensor.name) }
        try expect(Set(parts).count == parts.count, "a stored tensor is part of two")
    }
}
