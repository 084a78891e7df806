import Bytes
import Catalog
import Formats
import Transforms

extension VocabularyList {
    /// Reads the file of a list.
    init(reading path: String) throws {
        let file = try OpenFile(path)
        guard file.byteCount <= Self.mostBytes else {
            throw RegistryError(
                "\(path) has \(file.byteCount) bytes, and a list of tokens \(Self.mostBytes) at most",
                remedy: "Name a file of one token a line, or a JSON array of ids")
        }
        try self.init(parsing: try file.bytes(0..<file.byteCount), path: path)
    }
}

/// What a pruned artifact keeps of the list of tokens with which it was made: its record names those that stayed, so
/// that the cut can be done again without the list's file.
struct KeptVocabulary {
    let list: VocabularyList
    /// The blobs in which the record lies.
    let blobs: Set<Digest>

    /// Nil when the step cut no tokens by a list, and when the record's bytes are not in the store, or not those that
    /// the catalog knows.
    init?(of artifact: Digest, made step: Recipe.Step, in registry: ModelRegistry) throws {
        guard case .prune(let settings) = step, case .list(let digest)? = settings.vocabulary,
            let file = try registry.files(of: artifact).first(where: { $0.path == PrunedModel.recordName })
        else { return nil }
        blobs = Set(file.segments.map(\.blob))
        guard blobs.isDisjoint(with: try registry.missingBlobs(of: artifact)) else { return nil }
        guard let bytes = registry.soundBytes(of: file) else { return nil }
        let record = try JSONValue(parsing: bytes, dialect: .python)
        guard record["parameters"]?["vocabulary_list"]?.stringValue == digest.hex,
            let runs = record["vocabulary"]?.stringValue
        else { return nil }
        list = try VocabularyList(runs: runs, digest: digest, path: file.path)
    }
}

extension ModelRegistry {
    /// A small file's bytes; nil when they cannot be read, or are damaged.
    fileprivate func soundBytes(of file: StoredFile) -> [UInt8]? {
        guard file.byteCount <= VocabularyList.mostBytes else { return nil }
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        do { try StoredFileReader(store: store).read(file.byteCount, at: 0, of: file, into: &bytes) } catch {
            return nil
        }
        return Digest(of: bytes) == file.digest ? bytes : nil
    }
}
