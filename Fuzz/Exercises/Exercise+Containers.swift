import Bytes
import Formats
import Numbers
import Pickles
import Tensors

extension Exercise {
    /// A PyTorch file: read as it is and, where globals are refused, without what they stand for.
    static let pytorch = Exercise("pytorch") { file in
        var options = ReadOptions()
        options.skipsUnknown = true
        return try readAll(PyTorch.self, of: file, orWith: options)
    } check: { layout, file in
        try TensorWalk(file).compare(layout)
        for candidate in try PyTorch.candidates(in: file).prefix(4) {
            var options = ReadOptions()
            options.statePath = candidate.path
            options.stripsPrefixes = true
            let chosen = try PyTorch.layout(of: file, options: options)
            try expect(!chosen.tensors.isEmpty, "the choice '\(candidate.path)' has no tensors")
        }
    }

    /// Any pickle, or file of pickles: its globals are listed, nothing is loaded.
    static let pickle = Exercise("pickle") { file in
        try PickleGlobals.list(of: file)
    } check: { globals, file in
        for fault in globals.faults {
            try expect((fault.byteOffset ?? 0) <= file.byteCount, "the fault blames a byte outside: \(fault)")
        }
        let pickle = try Pickle(reading: file, 0..<file.byteCount)
        try expect(pickle.end <= file.byteCount, "the pickle ends at byte \(pickle.end) of \(file.byteCount)")
    }

    /// A zip archive: every file in it is read and its checksum compared.
    static let archive = Exercise("zip") { file in
        let archive = try ZipArchive(reading: file)
        var rest = 16 << 20
        for entry in archive.entries where entry.byteCount <= rest {
            rest -= entry.byteCount
            try entry.forEachPiece(of: file) { _ in }
        }
        return archive
    } check: { archive, file in
        for entry in archive.entries {
            try expect(archive[entry.name] == entry, "'\(entry.name)' is not found by its name")
            let start = try entry.start(64, of: file)
            try expect(start.count == min(64, entry.byteCount), "'\(entry.name)' begins with \(start.count) bytes")
            guard entry.byteCount < 1 << 16 else { continue }
            let content = try entry.content(of: file, atMost: 1 << 16)
            try expect(content.starts(with: start), "'\(entry.name)' differs whole and at its start")
        }
    }

    /// An archive of NumPy arrays: read, and written anew with the same arrays in it.
    static let npz = Exercise("npz") { file in
        try readAll(NPZ.self, of: file, orWith: numbered)
    } check: { layout, file in
        try TensorWalk(file).compare(layout)
        guard layout.tensors.reduce(0, { $0 + $1.contentByteCount }) <= 1 << 20 else { return }
        let again = MemorySource(try rewritten(layout, of: file), path: "file")
        let found = try NPZ.layout(of: again, options: ReadOptions())
        let byName = Dictionary(uniqueKeysWithValues: found.tensors.map { ($0.name, $0) })
        for tensor in layout.tensors {
            guard let other = byName[tensor.name] else { throw Fault(text: "'\(tensor.name)' is lost") }
            try expect(other.type == tensor.type && other.shape == tensor.shape, "'\(tensor.name)' is another tensor")
            let contents = try (TensorReader(file).content(of: tensor), TensorReader(again).content(of: other))
            try expect(contents.0 == contents.1, "'\(tensor.name)' has other bytes when it is written anew")
        }
    }

    private static func rewritten(_ layout: FileLayout, of file: MemorySource) throws -> [UInt8] {
        let tensors = layout.tensors.map { (name: $0.name, dtype: $0.dtype ?? .U8, shape: $0.shape.dimensions) }
        let target = try NPZLayout(tensors)
        let byName = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0) })
        var writer = NPZWriter(target)
        var bytes: [UInt8] = []
        for tensor in target.tensors {
            bytes += writer.begin()
            guard let source = byName[tensor.name] else { throw Fault(text: "'\(tensor.name)' is made up") }
            let content = try TensorReader(file).content(of: source)
            writer.add(content.span)
            bytes += content
            bytes += writer.end()
        }
        return bytes + writer.finish()
    }

    /// A NumPy array.
    static let npy = Exercise("npy") { file in
        try readAll(NumPy.self, of: file, orWith: numbered)
    } check: { layout, file in
        try TensorWalk(file).compare(layout)
    }

    /// An ONNX model: its initializers, and where others lie outside of it.
    static let onnx = Exercise("onnx") { file in
        try readAll(ONNX.self, of: file)
    } check: { layout, file in
        try TensorWalk(file).compare(layout)
        for external in layout.external {
            let parts = external.location.split(separator: "/", omittingEmptySubsequences: false)
            try expect(
                !parts.contains("..") && !parts.contains("") && !external.location.contains("\\"),
                "'\(external.tensor.name)' lies in '\(external.location)'")
        }
    }

    /// What users choose for elements without a dtype.
    private static var numbered: ReadOptions {
        var options = ReadOptions()
        options.voidDtypes = [1: .F8_E4M3, 2: .BF16]
        return options
    }

    /// - Parameter options: what a user tries when the file is refused; the first refusal counts all the same.
    private static func readAll(
        _ format: any CheckpointFormat.Type, of file: MemorySource, orWith options: ReadOptions
    ) throws -> FileLayout {
        do {
            return try readAll(format, of: file)
        } catch let error as FormatError {
            do { _ = try readAll(format, of: file, options) } catch is FormatError { throw error }
            throw error
        }
    }

    private static func readAll(
        _ format: any CheckpointFormat.Type, of file: MemorySource, _ options: ReadOptions = ReadOptions()
    ) throws -> FileLayout {
        let layout = try format.layout(of: file, options: options)
        try TensorWalk(file).read(layout)
        try expect(
            Set(layout.tensors.map(\.name)).count == layout.tensors.count, "two tensors have the same name")
        return layout
    }
}
