import Bytes
import Formats
import Numbers
import Tensors

extension Exercise {
    /// A safetensors file: read, and written anew in the canonical order, with nothing lost.
    static let safetensors = Exercise("safetensors") { file in
        let layout = try Safetensors.layout(of: file)
        try TensorWalk(file).read(layout)
        return layout
    } check: { layout, file in
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        let isRecognized = Safetensors.recognizes(start.span)
        try expect(isRecognized, "a sound file is not recognized")
        try TensorWalk(file).compare(layout)
        let header = try SafetensorsHeader(reading: file)
        try expect(header.tensors == layout.tensors, "the header tells other tensors than the layout")
        try expect(header.byteCount == file.byteCount, "the header accounts for \(header.byteCount) bytes")
        try rewrite(header)
        let stored = layout.tensors.map { FiledTensor(file: 0, tensor: $0) }
        let reader = TensorReader(file)
        _ = try LogicalTensor.group(stored, config: nil) { try reader.content(of: $0.tensor) }
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
        let found = Dictionary(uniqueKeysWithValues: again.tensors.map { ($0.name, $0) })
        for tensor in header.tensors {
            let other = found[tensor.name]
            try expect(
                other?.type == tensor.type && other?.shape == tensor.shape, "'\(tensor.name)' differs after writing")
        }
    }
}
