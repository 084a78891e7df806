import Bytes
import Tensors

/// The work of looking through a model's folder.
struct FolderScan {
    private(set) var files: [ModelFile] = []
    private(set) var leftOut: [LeftOutFile]
    private(set) var notes: [String] = []
    private let root: String
    private let contents: FolderContents
    private let options: ReadOptions

    /// - Parameter root: what messages call the folder.
    init(of listing: FolderListing, root: String, options: ReadOptions) throws {
        self.root = root
        self.options = options
        leftOut = listing.leftOut
        let contents = try FolderContents(of: listing)
        self.contents = contents
        let weights = contents.weights
        let parts = try Self.parts(of: listing).filter { weights[$0] != nil || contents.indexedFolders.contains($0) }
        let strangers = Self.outermost(weights.keys.filter { !parts.contains($0) })
        guard !parts.isEmpty else { throw contents.noWeights(in: root, elsewhere: strangers) }
        leftOut += strangers.map {
            LeftOutFile(path: $0 + "/", reason: "other weights; name this folder to register them by themselves")
        }
        let kept = listing.files.filter { file in !strangers.contains { file.path.hasPrefix($0 + "/") } }
        for part in parts {
            try add(part, weights[part] ?? [], among: kept)
        }
        let done = Set(files.map(\.path) + leftOut.map(\.path))
        for file in kept where !done.contains(file.path) { addCompanion(file) }
        files = files.sorted(byBytesOf: \.path)
        leftOut = leftOut.sorted(byBytesOf: \.path)
    }

    // MARK: Weights

    /// Adds the weights of one folder, its index, and the files that hold tensors which the weights describe.
    private mutating func add(
        _ folder: String, _ weights: [WeightsChoice.Candidate], among kept: [FolderListing.Entry]
    ) throws {
        let files = kept.filter { ModelFile.folder(of: $0.path) == folder }
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
            } else if weights.contains(where: { $0.path == file.path }) || CheckpointFormats.isIndex(file.path) {
                leftOut.append(LeftOutFile(path: file.path, reason: choice.reason))
            }
        }
        notes += choice.notes + layouts.values.flatMap(\.notes)
        try checkDuplicates(choice.paths, layouts)
        try addExternal(folder, layouts, among: kept)
        do {
            try choice.index?.check(against: layouts)
        } catch {
            throw error.within(file: choice.indexPath.map { root + "/" + $0 } ?? root)
        }
    }

    /// Adds the files that hold tensors which other files describe.
    private mutating func addExternal(
        _ folder: String, _ layouts: [String: FileLayout], among kept: [FolderListing.Entry]
    ) throws {
        let prefix = folder.isEmpty ? "" : folder + "/"
        for data in ExternalData.all(of: layouts.values) {
            let path = prefix + data.location
            guard let file = kept.first(where: { $0.path == path }) else { throw data.missing(from: root) }
            guard !files.contains(where: { $0.path == path }) else { throw data.taken(in: root) }
            files.append(try data.file(file, part: folder))
            leftOut.removeAll { $0.path == path }
        }
    }

    private func checkDuplicates(_ paths: [String], _ layouts: [String: FileLayout]) throws(FormatError) {
        var places: [String: String] = [:]
        for name in paths.map({ ModelFile.name(of: $0) }) {
            let layout = layouts[name]
            for tensor in (layout?.tensors.map(\.name) ?? []) + (layout?.external.map(\.tensor.name) ?? []) {
                guard let other = places.updateValue(name, forKey: tensor) else { continue }
                throw FormatError(
                    .corrupt, "\(other) and \(name) both hold a tensor of this name", tensor: tensor,
                    file: root,
                    remedy: "If they are two versions of a model, name one file to register it by itself")
            }
        }
    }

    /// The folders whose weights belong to the model: its own, and those that its pipeline names.
    private static func parts(of listing: FolderListing) throws -> [String] {
        var parts = [""]
        for file in listing.files where ModelSource.pipelineFiles.contains(file.path) {
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

    // MARK: Companions

    private mutating func addCompanion(_ file: FolderListing.Entry) {
        if let reason = contents.reasonToLeaveOut(file) {
            leftOut.append(LeftOutFile(path: file.path, reason: reason))
            return
        }
        if WeightsName.isUsual(file.path) {
            notes.append("\(file.path) is called like weights and holds none that are known; it travels as it is")
        }
        append(file, ModelFile.Role(companion: file.path), nil)
    }

    private mutating func append(_ file: FolderListing.Entry, _ role: ModelFile.Role, _ layout: FileLayout?) {
        files.append(
            ModelFile(
                path: file.path, absolutePath: file.absolutePath, role: role, identity: file.identity, layout: layout))
    }
}
