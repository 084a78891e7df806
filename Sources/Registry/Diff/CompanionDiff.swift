import Bytes
import Catalog
import Formats
import Tokenizers

/// What differs besides the weights: the configuration, the tokenizer and other files.
struct CompanionDiff {
    private let first: DiffSide
    private let second: DiffSide
    private let rebuiltConfig: JSONValue?
    /// Opened when small files have to be read.
    private var sources: (first: ExportSource, second: ExportSource)?

    private(set) var config: [DiffReport.ValueChange] = []
    private(set) var tokenizer: DiffReport.Tokenizer?
    private(set) var files: [DiffReport.File] = []
    private(set) var notes: [String] = []
    /// Whether files of the tokenizers say all that is to be said of them.
    private var comparesTokenizerFiles = false

    init(_ first: DiffSide, _ second: DiffSide, _ layout: DiffLayout) throws {
        self.first = first
        self.second = second
        rebuiltConfig = layout.rebuiltConfig
        if let one = layout.firstNumbers, let other = layout.secondNumbers { sources = (one.source, other.source) }
        guard first.record.digest != second.record.digest else { return }
        do {
            try compareConfigurations()
        } catch let error as FormatError { notes.append("the configurations are not compared: \(error.description)") }
        do {
            try compareTokenizers()
        } catch let error as FormatError {
            notes.append("the tokenizers are compared by their files only: \(error.description)")
            comparesTokenizerFiles = true
        }
        compareFiles()
    }

    private mutating func opened() throws -> (first: ExportSource, second: ExportSource) {
        if let sources { return sources }
        let opened = (first: try first.source(), second: try second.source())
        sources = opened
        return opened
    }

    // MARK: Configuration

    private mutating func compareConfigurations() throws {
        guard first.isGGUF == second.isGGUF else { return try compareRebuilt() }
        guard !first.isGGUF else {
            guard first.files.map(\.digest) != second.files.map(\.digest) else { return }
            let sources = try opened()
            guard case .gguf(let one) = sources.first.convention, case .gguf(let other) = sources.second.convention
            else { return }
            return config = ConfigDiff.changes(one, other)
        }
        let (one, other) = (first.file("config.json"), second.file("config.json"))
        guard let one, let other else {
            if one != nil || other != nil {
                notes.append("only \(one == nil ? second.name : first.name) has a config.json")
            }
            return
        }
        guard one.digest != other.digest else { return }
        config = ConfigDiff.changes(try first.document(one), try second.document(other))
    }

    /// A folder's configuration against the one that a GGUF file's metadata would become.
    private mutating func compareRebuilt() throws {
        let folder = first.isGGUF ? second : first
        guard var rebuilt = rebuiltConfig?.objectValue, let file = folder.file("config.json") else {
            return notes.append("the configurations are of different kinds and are not compared")
        }
        // What the tensors are stored in is no matter of the model.
        for key in ["dtype", "torch_dtype", "quantization_config"] { rebuilt[key] = nil }
        let own = try folder.document(file)
        let (one, other) = first.isGGUF ? (.object(rebuilt), own) : (own, JSONValue.object(rebuilt))
        config = ConfigDiff.changes(one, other, commonOnly: true)
    }

    // MARK: Tokenizer

    private mutating func compareTokenizers() throws {
        let (one, other) = (first.tokenizerFiles, second.tokenizerFiles)
        guard first.isGGUF || second.isGGUF || one != other else { return }
        guard !first.isGGUF || !second.isGGUF || first.files.map(\.digest) != second.files.map(\.digest) else { return }
        let sources = try opened()
        switch (try sources.first.tokenizer(), try sources.second.tokenizer()) {
        case (nil, nil): comparesTokenizerFiles = true
        case (nil, _): notes.append("only \(second.name) has a tokenizer")
        case (_, nil): notes.append("only \(first.name) has a tokenizer")
        case (let one?, let other?):
            tokenizer = TokenizerDiff(one, other).report()
            guard tokenizer == nil, !first.isGGUF, !second.isGGUF else { return }
            notes.append("the tokenizers' files differ in their bytes, and say the same")
        }
    }

    // MARK: Files

    private mutating func compareFiles() {
        guard first.isGGUF == second.isGGUF else { return }
        let (one, other) = (compared(first), compared(second))
        let paths = Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }
        files = Array(paths).sorted(byBytesOf: \.self).map { path in
            DiffReport.File(path: path, firstDigest: one[path]?.hex, secondDigest: other[path]?.hex)
        }
    }

    /// The files that nothing else compares.
    private func compared(_ side: DiffSide) -> [String: Digest] {
        let files = side.files.filter { file in
            if ["weights", "index"].contains(file.role) || file.path == "config.json" { return false }
            return comparesTokenizerFiles || !side.isTokenizerFile(file)
        }
        return Dictionary(files.map { ($0.path, $0.digest) }) { first, _ in first }
    }
}

extension DiffSide {
    fileprivate func file(_ path: String) -> ListedFile? { files.first { $0.path == path } }

    fileprivate func isTokenizerFile(_ file: ListedFile) -> Bool {
        !file.path.contains("/") && (file.role == "tokenizer" || file.role == "chat_template")
    }

    fileprivate var tokenizerFiles: [String: Digest] {
        Dictionary(files.filter(isTokenizerFile).map { ($0.path, $0.digest) }) { first, _ in first }
    }

    /// A JSON file of the artifact.
    fileprivate func document(_ file: ListedFile) throws -> JSONValue {
        guard let stored = try registry.files(of: record.digest).first(where: { $0.path == file.path }) else {
            throw RegistryError("\(file.path) of \(name) went away meanwhile", remedy: "Try again")
        }
        return try registry.document(stored)
    }
}
