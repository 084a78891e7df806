import Architectures
import Bytes
import Catalog
import Formats
import Tensors

/// The tensors of two artifacts under the names of one convention.
///
/// Tensors of one convention are compared as they are. Between GGUF and a Hugging Face folder, the GGUF side is seen as
/// the folder that it would become, names and rows; where its family or metadata do not allow that, the folder is seen
/// as GGUF; where neither is possible, only names are brought together.
struct DiffLayout: Sendable {
    var first: [DiffEntry]
    var second: [DiffEntry]
    /// Nil until numbers are needed.
    var firstNumbers: DiffNumbers?
    var secondNumbers: DiffNumbers?
    private(set) var notes: [String] = []
    /// The configuration of the side that was brought over, as the other's convention has it.
    private(set) var rebuiltConfig: JSONValue?

    init(_ first: DiffSide, _ second: DiffSide) throws {
        self.first = first.tensors.map { DiffEntry($0) }
        self.second = second.tensors.map { DiffEntry($0) }
        guard first.isGGUF != second.isGGUF else { return }
        let sources = (first: try first.source(), second: try second.source())
        if first.isGGUF {
            let bridge = try LayoutBridge(gguf: sources.first, folder: sources.second)
            take(gguf: bridge, of: first, \.first, \.firstNumbers)
            take(folder: bridge, of: second, \.second, \.secondNumbers)
        } else {
            let bridge = try LayoutBridge(gguf: sources.second, folder: sources.first)
            take(gguf: bridge, of: second, \.second, \.secondNumbers)
            take(folder: bridge, of: first, \.first, \.firstNumbers)
        }
    }

    private mutating func take(
        gguf bridge: LayoutBridge, of side: DiffSide, _ entries: WritableKeyPath<Self, [DiffEntry]>,
        _ numbers: WritableKeyPath<Self, DiffNumbers?>
    ) {
        notes += bridge.notes
        rebuiltConfig = bridge.config
        take(bridge.ofGGUF, bridge.gguf, side, entries, numbers)
    }

    private mutating func take(
        folder bridge: LayoutBridge, of side: DiffSide, _ entries: WritableKeyPath<Self, [DiffEntry]>,
        _ numbers: WritableKeyPath<Self, DiffNumbers?>
    ) {
        take(bridge.ofFolder, bridge.folder, side, entries, numbers)
    }

    /// Takes the tensors of a side under other names; those of modules of their own stay as they are.
    private mutating func take(
        _ mapped: [MappedTensor]?, _ source: ExportSource, _ side: DiffSide,
        _ entries: WritableKeyPath<Self, [DiffEntry]>, _ numbers: WritableKeyPath<Self, DiffNumbers?>
    ) {
        guard let mapped else {
            self[keyPath: numbers] = DiffNumbers(source)
            return
        }
        let stored = Dictionary(side.tensors.filter { $0.folder.isEmpty }.map { ($0.name, $0) }) { first, _ in first }
        self[keyPath: entries] =
            mapped.map { DiffEntry($0, of: stored) } + self[keyPath: entries].filter { !$0.folder.isEmpty }
        self[keyPath: numbers] = DiffNumbers(source, mapped)
    }

    /// Opens what has to be read.
    mutating func loadNumbers(_ first: DiffSide, _ second: DiffSide) throws {
        if firstNumbers == nil { firstNumbers = DiffNumbers(try first.source()) }
        if secondNumbers == nil { secondNumbers = DiffNumbers(try second.source()) }
    }
}

/// Brings a GGUF file and a Hugging Face folder to one convention.
private struct LayoutBridge {
    let gguf: ExportSource
    let folder: ExportSource
    /// The GGUF file's tensors as the folder has them; nil where they stay as they are.
    private(set) var ofGGUF: [MappedTensor]?
    /// The folder's tensors as GGUF has them; nil where they stay as they are.
    private(set) var ofFolder: [MappedTensor]?
    private(set) var config: JSONValue?
    private(set) var notes: [String] = []

    init(gguf: ExportSource, folder: ExportSource) throws {
        self.gguf = gguf
        self.folder = folder
        do {
            try bringGGUF()
        } catch let error as FormatError {
            try bringFolder(or: error)
        }
    }

    /// Sees the GGUF file as a folder.
    private mutating func bringGGUF() throws {
        guard case .gguf(let metadata) = gguf.convention else { return }
        let items = metadata.entries.compactMap { entry in MetadataValue(entry.value).map { (entry.key, $0) } }
        let model = try HuggingFaceModel(
            tensors: gguf.tensors.map { ($0.name, $0.shape.dimensions) },
            metadata: Dictionary(items) { first, _ in first },
            values: try gguf.values(of: HuggingFaceModel.neededValues))
        ofGGUF = try Self.mapped(model.layout, gguf)
        config = .object(model.config)
        note(model.layout, of: gguf)
    }

    /// Sees the folder as GGUF; where that is not possible either, says so.
    private mutating func bringFolder(or error: FormatError) throws {
        guard case .huggingFace(let config) = folder.convention else { return noteNames(error) }
        do {
            try bringFolder(config)
        } catch let second as FormatError { noteNames(second) }
    }

    private mutating func bringFolder(_ config: JSONValue) throws {
        let model = try GGUFModel(
            tensors: folder.tensors.map { ($0.layoutName, $0.shape.dimensions) }, config: config,
            description: try folder.modelDescription())
        ofFolder = try Self.mapped(model.layout, folder)
        note(model.layout, of: folder)
    }

    private mutating func note(_ layout: LayoutMapping, of source: ExportSource) {
        notes += layout.dropped.map { "\($0.name) of \(source.name ?? "") is not compared: \($0.reason)" }
    }

    private mutating func noteNames(_ error: FormatError) {
        notes.append(
            "the two conventions are not brought together (\(error.problem)), so only tensors whose names say that they "
                + "are the same are compared, and rows of rotary matrices may come in another order")
    }

    private static func mapped(_ layout: LayoutMapping, _ source: ExportSource) throws -> [MappedTensor] {
        let byName = Dictionary(source.tensors.map { ($0.layoutName, $0) }) { first, _ in first }
        return try layout.tensors.map { mapping in
            guard case .sources(let parts) = mapping.content else { return MappedTensor(mapping: mapping, sources: []) }
            let sources = try parts.map { part in
                guard let tensor = byName[part.name] else {
                    throw FormatError(
                        .corrupt, "it is made of '\(part.name)', which is not there", tensor: mapping.name,
                        remedy: "Report it together with the command")
                }
                return tensor
            }
            return MappedTensor(mapping: mapping, sources: sources)
        }
    }
}
