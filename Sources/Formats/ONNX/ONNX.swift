package import Bytes
import Tensors

/// ONNX models: the initializers of the graph, in the file or in others beside it.
///
/// | message | field | content |
/// | --- | --- | --- |
/// | `ModelProto` | 1, 5 | `ir_version`, `model_version` |
/// | | 2, 3, 4, 6 | `producer_name`, `producer_version`, `domain`, `doc_string` |
/// | | 7 | `graph`, a `GraphProto` |
/// | | 8 | `opset_import`: domain (1), version (2) |
/// | | 14 | `metadata_props`: key (1), value (2) |
/// | `GraphProto` | 2 | `name` |
/// | | 5 | `initializer`, see `ONNXTensor` |
/// | | 15 | `sparse_initializer` |
///
/// Nodes are passed over, and with them tensors in their attributes and in the graphs inside them.
///
/// Source: ONNX, `onnx/onnx.proto`.
package enum ONNX: CheckpointFormat {
    package static let name = "onnx"
    package static let summary = "the graph's initializers, also those in other files; not written"
    package static let usualNames = ["model.onnx"]

    /// Protobuf has no magic: an `ir_version` that can be, and then only fields of a model, as far as can be seen.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        ONNXStart(start).isModel
    }

    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        let contents = try contents(of: file)
        return FileLayout(
            format: name, tensors: contents.layout.tensors, metadata: contents.layout.metadata,
            notes: contents.layout.notes, external: contents.external)
    }

    /// The tensors of a model, in its file and in others.
    package static func contents(of file: any ByteSource) throws -> ONNXContents {
        do {
            var reading = ONNXReading(file)
            try reading.takeModel()
            return try reading.contents()
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }
}

/// What an ONNX file says: the tensors in it, and those that lie in other files.
package struct ONNXContents: Equatable, Sendable {
    package let layout: FileLayout
    /// Tensors whose bytes lie in other files; whoever opens those calls `ExternalTensor.check`.
    package let external: [ExternalTensor]
}

/// The first bytes of a file, looked at as a `ModelProto`.
private struct ONNXStart {
    private(set) var isModel = false

    private static let newestVersion: UInt64 = 64
    /// Fields that hold text or messages; 20 is `training_info`, 25 `functions`, 26 `configuration`.
    private static let texts: Set<UInt64> = [2, 3, 4, 6]
    private static let messages: Set<UInt64> = [7, 8, 14, 20, 25, 26]

    init(_ start: Span<UInt8>) {
        let bytes = start.indices.map { start[$0] }
        var offset = 0
        func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 63, by: 7) where offset < bytes.count {
                value |= UInt64(bytes[offset] & 0x7F) << shift
                offset += 1
                if bytes[offset - 1] < 0x80 { return value }
            }
            return nil
        }
        guard varint() == 1 << 3, let version = varint(), (1...Self.newestVersion).contains(version) else { return }
        var others = 0
        while offset < bytes.count {
            guard let tag = varint() else { return }
            if tag == 5 << 3 {
                guard varint() != nil else { return }
            } else {
                guard tag & 7 == 2, let length = varint(), let count = Int(exactly: length) else { return }
                let rest = bytes[offset...].prefix(count)
                if Self.texts.contains(tag >> 3) {
                    guard rest.allSatisfy({ $0 >= 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) else { return }
                } else {
                    guard Self.messages.contains(tag >> 3) else { return }
                }
                offset += rest.count
            }
            others += 1
        }
        isModel = others > 0
    }
}

/// A model as far as it has been read.
private struct ONNXReading {
    private let source: any ByteSource
    private var tensors: [TensorDescription] = []
    private var external: [ExternalTensor] = []
    private var metadata: [MetadataEntry] = []
    private var texts: [String] = []
    private var sparseCount = 0
    private var names: Set<String> = []
    private var graphCount = 0

    /// More initializers, and more entries of metadata, than this are refused.
    private static let mostTensors = 1 << 17
    private static let mostEntries = 1 << 14

    init(_ source: any ByteSource) { self.source = source }

    mutating func takeModel() throws {
        var fields = ProtobufFields(0..<source.byteCount, of: source)
        while let field = try fields.next() {
            switch (field.number, field.content) {
            case (1, .varint(let version)): try add("ir_version", String(version), field.place)
            case (2, .bytes(let range)): try add("producer_name", range)
            case (3, .bytes(let range)): try add("producer_version", range)
            case (4, .bytes(let range)): try add("domain", range)
            case (5, .varint(let version)): try add("model_version", String(version), field.place)
            case (7, .bytes(let range)):
                graphCount += 1
                try takeGraph(range)
            case (8, .bytes(let range)): try takePair(range, "opset")
            case (14, .bytes(let range)): try takePair(range, nil)
            case (7, _), (8, _), (14, _):
                throw FormatError(
                    .corrupt, "field \(field.number) of the model has a wrong type", at: field.place,
                    remedy: "Fetch the file again")
            default: break
            }
        }
        guard graphCount == 1 else {
            throw FormatError(
                .corrupt, "the model has \(graphCount) graphs", at: 0,
                remedy: "This is no ONNX model, or it is damaged: fetch it again")
        }
    }

    func contents() throws -> ONNXContents {
        var notes: [String] = []
        if !texts.isEmpty {
            notes.append("left out, as they hold text: \(texts.prefix(8).joined(separator: ", "))")
        }
        if !external.isEmpty {
            let files = Set(external.map(\.location)).sorted()
            let what = Counted.text(external.count, "tensor", verb: "lie")
            notes.append("\(what) in other files: \(files.prefix(8).joined(separator: ", "))")
        }
        if sparseCount > 0 { notes.append("left out: \(Counted.text(sparseCount, "sparse initializer"))") }
        return ONNXContents(
            layout: FileLayout(format: ONNX.name, tensors: tensors, metadata: metadata, notes: notes),
            external: external)
    }

    private mutating func takeGraph(_ range: Range<Int>) throws {
        var fields = ProtobufFields(range, of: source)
        while let field = try fields.next() {
            switch (field.number, field.content) {
            case (2, .bytes(let range)): try add("graph_name", range)
            case (5, .bytes(let range)): try take(try ONNXTensor(range, of: source), at: range.lowerBound)
            case (15, .bytes): sparseCount += 1
            case (5, _), (15, _):
                throw FormatError(
                    .corrupt, "field \(field.number) of the graph has a wrong type", at: field.place,
                    remedy: "Fetch the file again")
            default: break
            }
        }
    }

    private mutating func take(_ tensor: ONNXTensor, at place: Int) throws {
        try PlainName.check(tensor: tensor.name, at: place)
        guard names.insert(tensor.name).inserted else {
            throw FormatError(
                .corrupt, "two initializers have this name", at: place, tensor: tensor.name,
                remedy: "Rename one of them")
        }
        guard names.count <= Self.mostTensors else {
            throw FormatError(
                .unsupported, "more than \(Self.mostTensors) initializers", at: place, remedy: "Split the model")
        }
        switch try tensor.located() {
        case .here(let description): tensors.append(description)
        case .elsewhere(let description): external.append(description)
        case .text: texts.append(tensor.name)
        }
    }

    /// A message of a key (1) and a value (2); the value of an operator set is its version.
    private mutating func takePair(_ range: Range<Int>, _ prefix: String?) throws {
        var key = ""
        var value = ""
        var fields = ProtobufFields(range, of: source)
        while let field = try fields.next() {
            switch (field.number, field.content) {
            case (1, .bytes(let range)): key = try ONNXTensor.text(range, of: source)
            case (2, .bytes(let range)): value = try ONNXTensor.text(range, of: source)
            case (2, .varint(let version)): value = String(version)
            default: break
            }
        }
        try add(prefix.map { key.isEmpty ? $0 : $0 + "." + key } ?? key, value, range.lowerBound)
    }

    private mutating func add(_ key: String, _ range: Range<Int>) throws {
        try add(key, try ONNXTensor.text(range, of: source), range.lowerBound)
    }

    private mutating func add(_ key: String, _ value: String, _ place: Int) throws(FormatError) {
        guard metadata.count < Self.mostEntries else {
            throw FormatError(
                .unsupported, "more than \(Self.mostEntries) entries of metadata", at: place,
                remedy: "Check which tool wrote the file")
        }
        if !value.isEmpty { metadata.append(MetadataEntry(key: key, value: value)) }
    }
}
