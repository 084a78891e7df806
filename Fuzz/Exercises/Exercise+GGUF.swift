import Bytes
import Formats
import Numbers
import Tensors

extension Exercise {
    /// A GGUF file: read, and its header written anew, which must give the same bytes.
    static let gguf = Exercise("gguf") { file in
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        let isRecognized = GGUF.recognizes(start.span)
        let layout = try GGUF.layout(of: file)
        try expect(isRecognized, "a sound file is not recognized")
        var walk = TensorWalk(file)
        try walk.read(layout)
        let header = try GGUFHeader(reading: file)
        for entry in header.metadata.entries { try look(at: entry.value) }
        try rewrite(header, of: file)
        let parts = try GGUFParts([(path: "file", header: header)])
        try expect(parts.tensors.count == header.tensors.count, "as parts it has other tensors")
    }

    /// Takes out what callers take out.
    private static func look(at value: GGUFValue) throws {
        _ = (value.integer, value.number, value.text, value.boolean, value.shownText)
        guard let array = value.array else { return }
        try expect(array.values.count == array.count, "an array of \(array.count) gives \(array.values.count)")
        try expect(array.byteStrings.map { $0.count == array.count } ?? true, "an array loses strings")
        _ = (array.integers, array.numbers, array.booleans, array.strings)
    }

    /// What was read gives its own bytes again, up to padding, which a file may fill as it likes.
    private static func rewrite(_ header: GGUFHeader, of file: MemorySource) throws {
        // Names that ggml refuses are read and not written.
        guard header.tensors.allSatisfy({ $0.name.utf8.count < GGUF.nameLimit }) else { return }
        let written = try GGUFLayout(of: header)
        let headerBytes = written.headerBytes
        let original = try file.bytes(0..<min(headerBytes.count, file.byteCount))
        if let place = zip(headerBytes, original).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            let isPadding = headerBytes.count - place < header.alignment && headerBytes[place...].allSatisfy { $0 == 0 }
            try expect(isPadding, "the header differs at byte \(place) when it is written anew")
        }
        for (old, new) in zip(header.tensors, written.tensors) {
            try expect(old == new, "'\(old.name)' lies elsewhere when it is written anew")
        }
    }
}
