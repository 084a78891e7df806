import Bytes

/// Which weights files of one folder make up its model, where a folder may hold the same weights several times over.
struct WeightsChoice {
    /// The files' paths, in the order of their bytes.
    private(set) var paths: [String] = []
    /// The index that names them, when there is one.
    private(set) var indexPath: String?
    private(set) var index: SafetensorsIndex?
    /// Why the folder's other weights are none of the model's.
    private(set) var reason = ""
    private(set) var notes: [String] = []

    /// A weights file of a folder, and the format of its content.
    struct Candidate {
        var path: String
        var format: any CheckpointFormat.Type
    }

    /// - Parameters:
    ///   - weights: the weights files in the folder.
    ///   - files: every file of the folder.
    init(of weights: [Candidate], among files: [FolderListing.Entry]) throws {
        let byPath = Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0) })
        let formats = CheckpointFormats.all
        guard
            let format = formats.first(where: { format in weights.contains { $0.format == format } })
                ?? formats.first(where: { Self.index(of: $0, in: files) != nil })
        else { return }
        let own = weights.filter { $0.format == format }.map(\.path)
        let usual = format.usualNames.lazy.compactMap { name in own.first { ModelFile.name(of: $0) == name } }.first
        if let entry = Self.index(of: format, in: files) {
            try choose(by: entry, byPath)
        } else if let usual {
            paths = [usual]
            reason = "other weights beside \(ModelFile.name(of: usual))"
        } else if let set = ShardSet.first(in: own) {
            // A damaged shard is one that is there.
            paths = try set.complete(in: files.map(\.path))
            reason = "other weights beside the shards \(set.stem)-…"
            if format.indexSuffix != nil { notes.append("the shards \(set.stem)-… have no index") }
        } else {
            paths = own  // all of them, when no tensor is in two: the caller looks
            reason = "other weights beside those in \(format.name)"
        }
    }

    /// The format's index of shards; the one of the usual name where there are several.
    private static func index(
        of format: any CheckpointFormat.Type, in files: [FolderListing.Entry]
    ) -> FolderListing.Entry? {
        guard let suffix = format.indexSuffix else { return nil }
        let indexes = files.filter { $0.path.hasSuffix(suffix) }
        let usual = format.usualNames.map { name in
            name.split(separator: ".").first.map { $0 + suffix } ?? suffix
        }
        return usual.lazy.compactMap { name in indexes.first { ModelFile.name(of: $0.path) == name } }.first
            ?? indexes.first
    }

    private mutating func choose(by entry: FolderListing.Entry, _ files: [String: FolderListing.Entry]) throws {
        let name = ModelFile.name(of: entry.path)
        let folder = entry.path.dropLast(name.count)
        let index = try Self.read(entry)
        let missing = index.shards.filter { files[folder + $0] == nil }
        guard missing.isEmpty else {
            throw FormatError(
                .corrupt,
                "of \(Counted.text(index.shards.count, "shard")) that the index names \(missing.count) "
                    + "\(missing.count == 1 ? "is" : "are") missing: "
                    + SafetensorsIndex.list(missing), file: entry.absolutePath,
                remedy: "Fetch the missing files into the same folder")
        }
        paths = index.shards.map { folder + $0 }
        indexPath = entry.path
        self.index = index
        reason = "weights that \(name) does not name"
    }

    private static func read(_ entry: FolderListing.Entry) throws -> SafetensorsIndex {
        do {
            return try SafetensorsIndex(parsing: try CompanionReader.bytes(of: entry.absolutePath, atMost: 256 << 20))
        } catch let error as FormatError {
            throw error.within(file: entry.absolutePath)
        }
    }
}

/// Shards that belong together by name: `model-00001-of-00004.safetensors` and so on.
struct ShardSet: Equatable {
    /// What stands before the number, with its folder.
    let prefix: String
    let count: Int
    /// This shard's number, from 1.
    let number: Int
    private let ending: String

    var stem: String { ModelFile.name(of: prefix) }

    /// Nil when `path` is not named as a shard.
    init?(path: String) {
        let pieces = path.split(separator: ".", maxSplits: .max, omittingEmptySubsequences: false)
        guard pieces.count > 1, let last = pieces.last else { return nil }
        let parts = path.dropLast(last.count + 1).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of", parts[parts.count - 1].count == 5,
            parts[parts.count - 3].count == 5, let count = Int(parts[parts.count - 1]),
            let number = Int(parts[parts.count - 3]), number >= 1, number <= count
        else { return nil }
        prefix = parts.dropLast(3).joined(separator: "-")
        ending = String(last)
        self.count = count
        self.number = number
    }

    static func first(in paths: [String]) -> Self? { paths.lazy.compactMap { Self(path: $0) }.first }

    private func path(_ number: Int) -> String {
        func five(_ value: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }
        return "\(prefix)-\(five(number))-of-\(five(count)).\(ending)"
    }

    /// The paths of all shards, from the first on.
    /// - Throws: `FormatError` when one is not there.
    func complete(in paths: [String]) throws(FormatError) -> [String] {
        let all = (1...count).map { path($0) }
        let missing = all.filter { !paths.contains($0) }
        guard missing.isEmpty else {
            throw FormatError(
                .corrupt,
                "of \(Counted.text(count, "shard")) \(missing.count) \(missing.count == 1 ? "is" : "are") missing: "
                    + SafetensorsIndex.list(missing.map { ModelFile.name(of: $0) }),
                remedy: "Fetch them into the same folder, or name one shard's file to register it alone")
        }
        return all
    }
}
