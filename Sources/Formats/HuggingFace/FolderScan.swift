import Bytes
import Tensors

/// The work of looking through a model's folder.
struct FolderScan {
    private(set) var files: [ModelFile] = []
    private(set) var leftOut: [LeftOutFile]
    private(set) var notes: [String] = []
    private let root: String
    private let options: ReadOptions

    init(of root: String, options: ReadOptions) throws {
        self.root = root
        self.options = options
        let listing = try FolderListing(of: root)
        leftOut = listing.leftOut
        var weights: [String: [WeightsChoice.Candidate]] = [:]  // by folder
        for file in listing.files where OtherContent(path: file.path) != .trainingState {
            guard let format = try CheckpointFormats.format(of: try OpenFile(file.absolutePath)) else { continue }
            let candidate = WeightsChoice.Candidate(path: file.path, format: format)
            weights[ModelFile.folder(of: file.path), default: []].append(candidate)
        }
        let parts = try Self.parts(of: listing).filter { weights[$0] != nil }
        let strangers = Self.outermost(weights.keys.filter { !parts.contains($0) })
        guard !parts.isEmpty else { throw Self.noWeights(in: root, listing, elsewhere: strangers) }
        leftOut += strangers.map {
            LeftOutFile(path: $0 + "/", reason: "other weights; name this folder to register them by themselves")
        }
        let kept = listing.files.filter { file in !strangers.contains { file.path.hasPrefix($0 + "/") } }
        for part in parts {
            try add(part, weights[part] ?? [], among: kept.filter { ModelFile.folder(of: $0.path) == part })
        }
        let done = Set(files.map(\.path) + leftOut.map(\.path))
        for file in kept where !done.contains(file.path) { addCompanion(file) }
        files = files.sorted(byBytesOf: \.path)
        leftOut = leftOut.sorted(byBytesOf: \.path)
    }

    // MARK: Weights

    /// Adds the weights of one folder, and its index.
    private mutating func add(
        _ folder: String, _ weights: [WeightsChoice.Candidate], among files: [FolderListing.Entry]
    ) throws {
        let choice: WeightsChoice
        do {
            choice = try WeightsChoice(of: weights, among: files)
        } catch let error as FormatError {
            throw error.within(file: folder.isEmpty ? root : root + "/" + folder)
        }
        var layouts: [String: FileLayout] = [:]
        for file in files {
            if choice.paths.contains(file.path) {
                let layout = try ModelSource.layout(of: file.absolutePath, options: options)
                layouts[ModelFile.name(of: file.path)] = layout
                append(file, .weights, layout)
            } else if file.path == choice.indexPath {
                append(file, .index, nil)
            } else if weights.contains(where: { $0.path == file.path }) || Self.isIndex(file.path) {
                leftOut.append(LeftOutFile(path: file.path, reason: choice.reason))
            }
        }
        notes += choice.notes + layouts.values.flatMap(\.notes)
        try addExternal(folder, layouts, among: files)
        try checkDuplicates(choice.paths, layouts)
        do {
            try choice.index?.check(against: layouts)
        } catch {
            throw error.within(file: choice.indexPath.map { root + "/" + $0 } ?? root)
        }
    }

    /// Adds the files that hold tensors which other files describe.
    private mutating func addExternal(
        _ folder: String, _ layouts: [String: FileLayout], among files: [FolderListing.Entry]
    ) throws {
        let external = layouts.values.flatMap { layout in layout.external.map { ($0, layout.format) } }
        let prefix = folder.isEmpty ? "" : folder + "/"
        for (location, tensors) in Dictionary(grouping: external, by: { $0.0.location }).sorted(by: { $0.key < $1.key })
        {
            guard let file = files.first(where: { $0.path == prefix + location }) else {
                throw FormatError(
                    .truncated, "\(tensors.count) tensors lie in \(PlainName.quoted(location)), which is not there",
                    tensor: tensors[0].0.tensor.name, file: root, remedy: "Fetch the missing file into the same folder")
            }
            do {
                for (tensor, _) in tensors { try tensor.check(fileByteCount: Int(file.identity.byteCount)) }
            } catch { throw error.within(file: file.absolutePath) }
            append(
                file, .weights,
                FileLayout(format: tensors[0].1, tensors: tensors.map(\.0.tensor), metadata: []))
        }
    }

    private static func isIndex(_ path: String) -> Bool {
        CheckpointFormats.all.contains { format in format.indexSuffix.map { path.hasSuffix($0) } == true }
    }

    private func checkDuplicates(_ paths: [String], _ layouts: [String: FileLayout]) throws(FormatError) {
        var places: [String: String] = [:]
        for name in paths.map({ ModelFile.name(of: $0) }) {
            for tensor in layouts[name]?.tensors ?? [] {
                guard let other = places.updateValue(name, forKey: tensor.name) else { continue }
                throw FormatError(
                    .corrupt, "\(other) and \(name) both hold a tensor of this name", tensor: tensor.name,
                    file: root,
                    remedy: "If they are two versions of a model, name one file to register it by itself")
            }
        }
    }

    /// The folders whose weights belong to the model: its own, and those that its pipeline names.
    private static func parts(of listing: FolderListing) throws -> [String] {
        var parts = [""]
        for file in listing.files where file.path == "modules.json" || file.path == "model_index.json" {
            let value: JSONValue
            do {
                value = try JSONValue(
                    parsing: try CompanionReader.bytes(of: file.absolutePath, atMost: 1 << 20), dialect: .python)
            } catch let error as FormatError {
                throw error.within(file: file.absolutePath)
            }
            parts += value.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
            parts += value.objectValue?.members.filter { $0.value.arrayValue != nil }.map(\.key) ?? []
        }
        return Array(Set(parts)).sorted(byBytesOf: \.self)
    }

    /// The folders that lie in none of the others.
    private static func outermost(_ folders: [String]) -> [String] {
        folders.filter { folder in !folder.isEmpty && !folders.contains { folder.hasPrefix($0 + "/") } }
            .sorted(byBytesOf: \.self)
    }

    private static func noWeights(
        in root: String, _ listing: FolderListing, elsewhere: [String]
    ) -> FormatError {
        let names = CheckpointFormats.all.map { $0.name }.joined(separator: ", ")
        let others = listing.files.filter { OtherContent(path: $0.path) == .weights }.map(\.path)
        var problem = "no weights are in this folder; looked for \(names), by content"
        var remedy = "Check the path"
        if !elsewhere.isEmpty {
            problem += "; there are some in \(SafetensorsIndex.list(elsewhere))"
            remedy = "Name that folder instead"
        } else if !others.isEmpty {
            problem += "; \(SafetensorsIndex.list(others)) cannot be read by this version"
            remedy = "Convert them to safetensors first"
        }
        return FormatError(.unsupported, problem, file: root, remedy: remedy)
    }

    // MARK: Companions

    private mutating func addCompanion(_ file: FolderListing.Entry) {
        let reason: String? =
            switch OtherContent(path: file.path) {
            case .trainingState: "the state of a training run"
            case .weights: "weights in another format"
            case nil where file.identity.byteCount > ModelSource.greatestCompanion:
                "larger than \(ModelSource.greatestCompanion >> 20) MiB, and no weights"
            case nil: nil
            }
        guard let reason else { return append(file, ModelFile.Role(companion: file.path), nil) }
        leftOut.append(LeftOutFile(path: file.path, reason: reason))
    }

    private mutating func append(_ file: FolderListing.Entry, _ role: ModelFile.Role, _ layout: FileLayout?) {
        files.append(
            ModelFile(
                path: file.path, absolutePath: file.absolutePath, role: role, identity: file.identity, layout: layout))
    }
}

/// Files of a model's folder that do not travel, by their names.
enum OtherContent: Equatable {
    case trainingState, weights

    init?(path: String) {
        let name = ModelFile.name(of: path).lowercased()
        let ending = name.split(separator: ".").last.map(String.init) ?? ""
        if ["optimizer.", "scheduler.", "rng_state", "training_args.bin", "scaler.pt"].contains(where: name.hasPrefix),
            !name.hasSuffix(".json")
        {
            self = .trainingState
        } else if Self.weightsEndings.contains(ending) || name.hasSuffix(".bin.index.json") {
            self = .weights
        } else {
            return nil
        }
    }

    private static let weightsEndings: Set<String> = [
        "bin", "pt", "pth", "ckpt", "pkl", "h5", "msgpack", "onnx", "onnx_data", "gguf", "ggml", "npz", "npy", "tflite",
        "mlmodel", "ot", "nemo", "pb", "engine", "distcp",
    ]
}
