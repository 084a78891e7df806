import Bytes

/// What the files of a folder are, by their first bytes.
struct FolderContents {
    /// The files that can be a model's weights, by folder.
    private(set) var weights: [String: [WeightsChoice.Candidate]] = [:]
    /// The folders with an index of shards, whose files are then weights whatever is in them.
    let indexedFolders: Set<String>
    private let listing: FolderListing
    /// Why files are no weights although they are of a known format, by path.
    private var passedOver: [String: String] = [:]
    /// What files of no known format hold, as far as that is known, by path.
    private var known: [String: KnownContent] = [:]

    init(of listing: FolderListing) throws {
        self.listing = listing
        indexedFolders = Set(
            listing.files.map(\.path).filter(CheckpointFormats.isIndex).map(ModelFile.folder(of:)))
        for entry in listing.files {
            let file = try OpenFile(entry.absolutePath)
            let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
            guard let format = CheckpointFormats.recognize(start.span) else {
                known[entry.path] = KnownContent(of: start.span)
                continue
            }
            if format == PyTorch.self, let reason = try TrainingState.reason(of: file) {
                passedOver[entry.path] = reason
            } else {
                weights[ModelFile.folder(of: entry.path), default: []].append(
                    WeightsChoice.Candidate(path: entry.path, format: format))
            }
        }
    }

    /// Why a file that is no weights does not travel; nil for one that does.
    func reasonToLeaveOut(_ file: FolderListing.Entry) -> String? {
        switch known[file.path] {
        case .largeFilePointer: return "a Git LFS pointer and not the file itself; 'git lfs pull' fetches it"
        case .hdf5: return "weights in another format"
        case .text, .webPage, nil: break
        }
        if let reason = passedOver[file.path] { return reason }
        if known[file.path] == nil, WeightsName.isForeign(file.path) { return "weights in another format, by its name" }
        guard file.identity.byteCount <= ModelSource.greatestCompanion else {
            return "larger than \(ModelSource.greatestCompanion >> 20) MiB, and no weights"
        }
        return nil
    }

    /// What to say of a folder that holds no weights.
    /// - Parameter elsewhere: the folders in it that hold some.
    func noWeights(in root: String, elsewhere: [String]) -> any Error {
        let names = CheckpointFormats.all.map { $0.name }.joined(separator: ", ")
        let called = listing.files.filter { WeightsName.isUsual($0.path) || WeightsName.isForeign($0.path) }
        if let pointer = called.first(where: { known[$0.path] == .largeFilePointer }) {
            return KnownContent.largeFilePointer.error.within(file: pointer.absolutePath)
        }
        var problem = "no weights are in this folder; looked for \(names), by content"
        var remedy = "Check the path"
        if !elsewhere.isEmpty {
            problem += "; there are some in \(SafetensorsIndex.list(elsewhere))"
            remedy = "Name that folder instead"
        } else if let damaged = called.first(where: { WeightsName.isUsual($0.path) && passedOver[$0.path] == nil }) {
            // The file by itself is refused too, and for the reason that helps.
            do {
                _ = try ModelSource.layout(of: damaged.absolutePath, options: ReadOptions())
            } catch { return error }
        } else if !called.isEmpty {
            problem += "; \(SafetensorsIndex.list(called.map(\.path))) cannot be read by this version"
            remedy = "Convert them to safetensors first"
        }
        let states = listing.files.compactMap { file in passedOver[file.path].map { "\(file.path) (\($0))" } }
        if !states.isEmpty { problem += "; passed over: \(SafetensorsIndex.list(states))" }
        return FormatError(.unsupported, problem, file: root, remedy: remedy)
    }
}

/// What names of files promise. They decide nothing about what is read, and serve for notes and reasons alone.
enum WeightsName {
    /// Whether files of the formats that are read are often called so.
    static func isUsual(_ path: String) -> Bool { usualEndings.contains(ending(of: path)) }

    /// Whether files are called so that other programs keep weights in, of kinds that have no mark in their bytes.
    static func isForeign(_ path: String) -> Bool { foreignEndings.contains(ending(of: path)) }

    private static func ending(of path: String) -> String {
        ModelFile.name(of: path).lowercased().split(separator: ".").last.map(String.init) ?? ""
    }

    private static let usualEndings: Set<String> = [
        "safetensors", "gguf", "bin", "pt", "pth", "ckpt", "npz", "npy", "onnx",
    ]
    private static let foreignEndings: Set<String> = [
        "h5", "msgpack", "onnx_data", "ggml", "tflite", "mlmodel", "ot", "nemo", "pb", "engine", "distcp",
    ]
}
