package import Architectures
package import Bytes
import Foundation
import Tensors

/// A model as it lies on a disk: a weights file, or a folder of weights with what belongs to them, in the layout of the
/// Hugging Face Hub.
/// A path into another tool's store (`ModelStores`) gives the model that is kept there, under the names that its files
/// have in it.
///
/// Weights are recognized by content. Of a folder travel its weights and every small regular file; what does not
/// travel is listed with the reason. Of a file that is named by itself travel also those that hold its tensors. Where a
/// folder holds the same weights in several layouts, the index counts, then the usual names. Folders inside count as
/// parts of the model when `modules.json` (sentence-transformers) or `model_index.json` (diffusers) names them.
package struct ModelSource: Sendable {
    /// The folder, or the file, as an absolute path.
    package let path: String
    /// What another tool tells of the model in its store; nil for a model that lies by itself.
    package let kept: KeptModel?
    /// The files that travel, in the order of their paths' bytes.
    package let files: [ModelFile]
    package let leftOut: [LeftOutFile]
    /// Remarks that the user should read.
    package private(set) var notes: [String]
    /// The model's own config.json; nil without one, and when it cannot be read (see `notes`).
    package private(set) var config: JSONValue?
    /// What quantize_config.json, quant_config.json or hf_quant_config.json says, beside which config.json need not say
    /// it again; nil without one.
    package private(set) var quantizationSidecar: JSONValue?
    /// What the model card says; nil without one.
    package private(set) var card: ModelCard?

    /// The files with weights, in the order of `files`.
    package var weights: [ModelFile] { files.filter { $0.role == .weights } }
    /// What config.json tells; nil without one.
    package var properties: ModelProperties? {
        config.map(ModelProperties.init(config:)) ?? weights.lazy.compactMap { $0.layout?.properties }.first
    }
    /// How the files say that their weights are stored; nil where the tensors tell.
    package var scheme: String? {
        let schemes = weights.compactMap { $0.layout?.scheme }
        // The parts of a model have one scheme between them; which, the whole of its tensors tells best.
        return Set(schemes).count == 1 ? schemes.first : nil
    }
    /// The family that config.json names; nil when it is unknown.
    package var family: ModelFamily? { config.flatMap { ModelFamily.of(config: $0) } }

    /// The files that name the folders of a pipeline's parts: of sentence-transformers, and of diffusers.
    package static let pipelineFiles: Set<String> = ["modules.json", "model_index.json"]

    /// Companions above this many bytes do not travel; the largest tokenizers have some 35 MB.
    package static let greatestCompanion = 128 << 20

    /// - Parameters:
    ///   - path: a weights file or a folder.
    ///   - options: how files are read that leave a choice.
    /// - Throws: `FormatError` when there are no sound weights, `FileError` when the system refuses to read.
    package init(scanning path: String, options: ReadOptions = ReadOptions()) throws {
        guard !path.isEmpty else { throw FileError("open", "''", number: ENOENT) }
        let absolute = Self.absolute(path)
        if let kept = try ModelStores.model(at: absolute) {
            let listing = FolderListing(files: kept.files, leftOut: kept.leftOut)
            self.init(try FolderScan(of: listing, root: kept.path, options: options), path: kept.path, kept: kept)
            return
        }
        switch PathKind(absolute) {
        case .nothing(let number): throw FileError("open", path, number: number)
        case .special:
            throw FormatError(
                .refused, "this is neither a regular file nor a folder", file: path, remedy: "Check the path")
        case .file(let identity):
            let name = ModelFile.name(of: absolute)
            try PlainName.check(file: name, in: String(absolute.dropLast(name.count + 1)))
            let layout = try Self.layout(of: absolute, options: options)
            let own = ModelFile(
                path: name, absolutePath: absolute, role: .weights, identity: identity, layout: layout)
            let data = try ExternalData.all(of: [layout]).map { try $0.found(beside: own) }
            self.init(
                path: absolute, files: ([own] + data).sorted(byBytesOf: \.path),
                notes: layout.notes
                    + (ShardSet(path: name).map { ["this is shard \($0.number) of \($0.count)"] } ?? []))
        case .folder, .linkedFolder:
            self.init(
                try FolderScan(of: try FolderListing(of: absolute), root: absolute, options: options), path: absolute)
        }
    }

    private init(_ scan: FolderScan, path: String, kept: KeptModel? = nil) {
        self.init(
            path: path, files: scan.files, leftOut: scan.leftOut, notes: (kept?.notes ?? []) + scan.notes, kept: kept)
        readCompanions()
    }

    private init(
        path: String, files: [ModelFile], leftOut: [LeftOutFile] = [], notes: [String], kept: KeptModel? = nil
    ) {
        self.path = path
        self.files = files
        self.leftOut = leftOut
        self.notes = notes
        self.kept = kept
    }

    /// Reads config.json and the model card; what is wrong with them is a note, since the weights do not depend on it.
    private mutating func readCompanions() {
        for file in files
        where file.path == "config.json" || file.role == .card || QuantizationConfig.sidecarNames.contains(file.path) {
            do {
                let bytes = try CompanionReader.bytes(of: file.absolutePath, atMost: 16 << 20)
                if file.role == .card {
                    let card = ModelCard(parsing: bytes)
                    notes += card.notes
                    self.card = card
                } else if QuantizationConfig.sidecarNames.contains(file.path) {
                    quantizationSidecar = try JSONValue(parsing: bytes, dialect: .python)
                } else {
                    config = try JSONValue(parsing: bytes, dialect: .python)
                }
            } catch {
                let reason = (error as? FormatError)?.within(file: file.path).description ?? "\(error)"
                notes.append("not read: \(reason)")
            }
        }
    }

    /// Where the tensors of a weights file lie, in whichever format it is.
    static func layout(of path: String, options: ReadOptions) throws -> FileLayout {
        let file = try OpenFile(path)
        do {
            let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
            if let format = CheckpointFormats.recognize(start.span) {
                return try format.layout(of: file, options: options)
            }
            if let other = KnownContent(of: start.span) { throw other.error }
            // It is refused in any case; the format that its name promises knows best what is wrong.
            _ = try CheckpointFormats.promised(by: path)?.layout(of: file, options: options)
            let names = CheckpointFormats.all.map { $0.name }.joined(separator: ", ")
            throw FormatError(
                .unsupported, "the file's content is of no format that this version of Ingot reads (\(names))",
                remedy: "Check which file is meant")
        } catch let error as FormatError {
            throw error.within(file: path)
        }
    }

    static func absolute(_ path: String) -> String {
        var absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        while absolute.count > 1, absolute.hasSuffix("/") { absolute.removeLast() }
        return absolute
    }
}

extension ModelSource {
    /// The model's tensors as it means them. Those of a pipeline's folder are called by the folder first:
    /// `text_encoder/….weight`. `Part.file` counts in `weights`.
    /// - Throws: `FormatError` when what belongs together does not fit.
    package func logicalTensors() throws -> [LogicalTensor] { try grouping().tensors }

    /// Whether any two tensors of a file have bytes in common, as tied ones do.
    package var sharesBytes: Bool { weights.contains { $0.layout?.sharesBytes == true } }

    /// The logical tensors, and remarks on those that could not be told.
    /// - Parameter isSorted: whether they are wanted in the order of their names.
    package func grouping(isSorted: Bool = true) throws -> LogicalTensor.Grouping {
        let weights = weights
        let byFolder = Dictionary(grouping: weights.indices) { weights[$0].folder }
        var tensors: [LogicalTensor] = []
        var notes: [String] = []
        for (folder, places) in byFolder {
            let stored = places.flatMap { place in
                (weights[place].layout?.tensors ?? []).map { FiledTensor(file: place, tensor: $0) }
            }
            let own = folder.isEmpty
            do {
                let found = try LogicalTensor.group(
                    stored, config: own ? config : nil, sidecar: own ? quantizationSidecar : nil, isSorted: isSorted
                ) { part in
                    try TensorReader(OpenFile(weights[part.file].absolutePath)).content(of: part.tensor)
                }
                if own, byFolder.count == 1 { return found }
                notes += found.notes
                tensors += found.tensors.map { own ? $0 : $0.renamed(folder + "/" + $0.name) }
            } catch let error as FormatError {
                throw error.within(file: folder.isEmpty ? path : path + "/" + folder)
            }
        }
        return LogicalTensor.Grouping(
            tensors: isSorted ? tensors.sorted(byBytesOf: \.name) : tensors, notes: notes)
    }
}
