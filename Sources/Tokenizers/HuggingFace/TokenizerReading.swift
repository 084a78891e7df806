import Bytes

/// A tokenizer that was read from a Hugging Face folder, and what is to be said about it.
package struct TokenizerReading {
    package var description: TokenizerDescription
    /// How the text is cut, as llama.cpp knows it.
    package var preTokenizer: PreTokenizerMatch
    /// What GGUF cannot hold, or llama.cpp does otherwise.
    package var notes: [String] = []

    /// Reads the tokenizer of a folder from the best of its files: tokenizer.json; for SentencePiece BPE
    /// tokenizer.model beside it, which has the scores; else tokenizer.model, vocab.json with merges.txt, or vocab.txt.
    ///
    /// - Parameters:
    ///   - files: the folder.
    ///   - override: a pre-tokenizer to use instead of recognizing one.
    /// - Throws: `FormatError` naming the file: for damaged files, for tokenizers of other kinds, and for a way to cut
    ///   text that llama.cpp does not know, unless `override` says which to use. Errors of `files` pass through.
    package init(_ files: TokenizerFiles, preTokenizer override: String? = nil) throws {
        let configuration = try TokenizerConfiguration(files)
        let source: any TokenizerSource
        if let bytes = try files.bytes("tokenizer.json") {
            let json = try inFile("tokenizer.json") { () throws(FormatError) in try TokenizerJSON(parsing: bytes) }
            source = try Self.source(json, files)
        } else if let model = try Self.sentencePiece(files) {
            source = SentencePieceSource(model: model, json: nil)
        } else if let plain = try VocabularyFiles.source(files, configuration) {
            source = plain
        } else {
            throw FormatError(
                .unsupported, "the folder has no tokenizer", file: "tokenizer.json",
                remedy: "Fetch tokenizer.json, or tokenizer.model, vocab.json with merges.txt, or vocab.txt")
        }
        var match: PreTokenizerMatch
        if let override {
            match = PreTokenizerMatch(id: override, isOverride: true)
        } else {
            match = try inFile(source.file) { () throws(FormatError) in try source.preTokenizer(configuration) }
        }
        description = try inFile(source.file) { () throws(FormatError) in try source.description(configuration) }
        description.preTokenizer = match.id
        preTokenizer = match
        notes = match.notes + source.notes
        if description.kind == .byteLevelBPE, PreTokenizer.named(match.id) == nil {
            notes.append("the pre-tokenizer '\(match.id)' is none that Ingot knows llama.cpp to have")
        }
        try apply(configuration, processor: source.postProcessor(configuration))
        ModelConvention.apply(to: &description, configuration)
        noteLosses()
    }

    /// What reads a tokenizer.json, by its model.
    private static func source(_ json: TokenizerJSON, _ files: TokenizerFiles) throws -> any TokenizerSource {
        switch json.modelType {
        case "WordPiece": return WordPieceSource(json: json)
        case "Unigram": return UnigramSource(json: json)
        case "BPE" where ByteLevelSource.reads(json): return ByteLevelSource(json: json)
        case "BPE":
            let names = SentencePieceSource.fileNames + [SentencePieceSource.shiftedName]
            if let model = try sentencePiece(files, names), model.algorithm == .bpe {
                return SentencePieceSource(model: model, json: json)
            }
            return MergedPiecesSource(json: json)
        default:
            throw FormatError(
                .unsupported, "the tokenizer's model is '\(json.modelType)'; known are BPE, Unigram and WordPiece",
                file: "tokenizer.json", remedy: "GGUF has no form for such a tokenizer")
        }
    }

    private static func sentencePiece(
        _ files: TokenizerFiles, _ names: [String] = SentencePieceSource.fileNames
    ) throws -> SentencePieceModel? {
        for name in names {
            guard let bytes = try files.bytes(name) else { continue }
            return try inFile(name) { () throws(FormatError) in try SentencePieceModel(parsing: bytes) }
        }
        return nil
    }

    /// Fills in what the small files and the post-processor say.
    private mutating func apply(_ configuration: TokenizerConfiguration, processor: PostProcessor) throws {
        let index = TokenIndex(description.tokens)
        for token in SpecialToken.allCases {
            let inVocabulary = processor.texts[token].flatMap { index[$0] }
            let isAdded = inVocabulary.map { description.addedTokens[$0] != nil } ?? false
            let stated = configuration.statedID(of: token)
            for id in [isAdded ? inVocabulary : nil, stated, inVocabulary, description.specialTokens[token]] {
                guard let id, description.tokens.indices.contains(id) else { continue }
                description.specialTokens[token] = id
                break
            }
        }
        description.added = AddedMarks(
            beginning: processor.marks.beginning ?? configuration.adds(.beginning),
            end: processor.marks.end ?? configuration.adds(.end),
            separator: processor.marks.separator ?? configuration.adds(.separator))
        description.chatTemplates = configuration.chatTemplates
        if let size = configuration.vocabularySize, size < description.tokens.count {
            notes.append("config.json says \(size) tokens, but the tokenizer has \(description.tokens.count)")
        }
    }

    private mutating func noteLosses() {
        let odd = description.addedTokens.filter {
            $0.value.stripsLeft || $0.value.stripsRight || $0.value.isSingleWord
        }
        if !odd.isEmpty {
            let names = odd.keys.sorted().prefix(5).map { "'\(description.tokens[$0].name)'" }.joined(separator: ", ")
            notes.append("GGUF cannot say that \(names) take spaces along or stand alone (lstrip, rstrip, single_word)")
        }
    }
}

/// One way to read a tokenizer from files.
protocol TokenizerSource {
    /// The file that faults are in.
    var file: String { get }
    /// What is to be said about the reading.
    var notes: [String] { get }
    /// How text is cut.
    func preTokenizer(_ configuration: TokenizerConfiguration) throws(FormatError) -> PreTokenizerMatch
    /// Kind, tokens, merges and what belongs to the kind; not what `TokenizerReading` fills in.
    func description(_ configuration: TokenizerConfiguration) throws(FormatError) -> TokenizerDescription
    func postProcessor(_ configuration: TokenizerConfiguration) -> PostProcessor
}

extension TokenizerSource {
    var notes: [String] { [] }
}
