import Architectures
import Bytes
import Formats
import Tensors
import Tokenizers

extension Exercise {
    /// The files of a folder that a tokenizer is read from, in the order in which they stand in the input, each but the
    /// last ended by a zero byte. An empty one is not there.
    static let tokenizerFiles = [
        "tokenizer.json", "tokenizer_config.json", "config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja",
    ]

    /// A folder with a tokenizer in text files.
    static let tokenizer = Exercise("tokenizer") { file in
        let parts = try file.bytes(0..<file.byteCount).split(separator: 0, omittingEmptySubsequences: false)
        return try reading(zip(tokenizerFiles, parts.map { Array($0) }), of: file)
    } check: { reading, _ in
        try writeAnew(reading.description)
    }

    /// A folder with a config.json, a zero byte and a tokenizer.model.
    static let sentencePiece = Exercise("sentencepiece") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        let end = bytes.firstIndex(of: 0) ?? 0
        let files = [("config.json", Array(bytes[..<end])), ("tokenizer.model", Array(bytes.dropFirst(end + 1)))]
        return try reading(files, of: file)
    } check: { reading, _ in
        try writeAnew(reading.description)
    }

    /// The tokenizer and the hyper-parameters in a GGUF file's metadata, and the folder that is made of them. The input
    /// is the header alone.
    static let model = Exercise("gguf-model") { file in
        do {
            return try GGUFHeader(reading: HeaderSource(header: file))
        } catch var error as FormatError {
            // A fault among the zeros is one of the end.
            error.byteOffset = error.byteOffset.map { min($0, file.byteCount) }
            throw error
        }
    } check: { header, file in
        let tensors = header.tensors.map { (name: $0.name, shape: $0.shape.dimensions) }
        let entries = header.metadata.entries
        let fields = entries.compactMap { entry in field(entry.value).map { (key: entry.key, value: $0) } }
        try refusing { try writeAnew(try TokenizerDescription(fields: TokenizerFields(fields))) }
        let metadata = entries.compactMap { entry in value(entry.value).map { (entry.key, $0) } }
        try refusing {
            let model = try HuggingFaceModel(
                tensors: tensors, metadata: Dictionary(metadata) { first, _ in first }, dtype: "bfloat16")
            let names = model.layout.tensors.map(\.name)
            try expect(Set(names).count == names.count, "the folder would have a tensor twice")
        }
    }

    /// A config.json with a list of tensors, as `{"config": {…}, "tensors": [[name, shape], …]}`: what GGUF makes of
    /// it.
    static let family = Exercise("family") { file in
        let document = try JSONValue(parsing: try file.bytes(0..<file.byteCount), dialect: .python)
        return try GGUFModel(tensors: listedTensors(document), config: document["config"] ?? .null)
    } check: { model, _ in
        let names = model.layout.tensors.map(\.name)
        try expect(Set(names).count == names.count, "the file would have a tensor twice")
        let keys = model.metadata.map(\.key)
        try expect(Set(keys).count == keys.count, "the file would have a key twice")
    }

    /// The tensors that a document lists, each name once.
    static func listedTensors(_ document: JSONValue) -> [(name: String, shape: [Int])] {
        var names: Set<String> = []
        return (document["tensors"]?.arrayValue ?? []).compactMap { item in
            guard let pair = item.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                let shape = pair[1].arrayValue?.compactMap(\.intValue), shape.allSatisfy({ $0 >= 0 }),
                names.insert(name).inserted
            else { return nil }
            return (name, shape)
        }
    }

    /// A header with zeros behind it, as many as its tensors may want; a header that means them to be its own takes no
    /// more memory for them than a small file may.
    private struct HeaderSource: ByteSource {
        let header: MemorySource
        var path: String { header.path }
        var byteCount: Int { header.byteCount + 32 << 20 }

        func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
            let known = max(0, min(count, header.byteCount - offset))
            if known > 0 { try header.read(known, at: offset, into: &buffer) }
            for index in known..<count { buffer[index] = 0 }
        }
    }

    private static func reading(
        _ files: some Sequence<(String, [UInt8])>, of file: MemorySource
    ) throws -> TokenizerReading {
        let byName = Dictionary(files.filter { !$0.1.isEmpty }) { first, _ in first }
        do {
            return try TokenizerReading(TokenizerFiles { byName[$0] })
        } catch let error as FormatError {
            // Places count from the start of the file that the error names.
            if let offset = error.byteOffset, let name = error.file, let part = byName[name], offset > part.count {
                throw Fault(text: "the error blames byte \(offset) of \(part.count): \(error)")
            }
            throw error
        }
    }

    /// What is written says the same when it is read again.
    private static func writeAnew(_ description: TokenizerDescription) throws {
        let count = description.tokens.count
        for (token, id) in description.specialTokens {
            try expect((0..<count).contains(Int(id)), "the \(token) token is number \(id) of \(count)")
        }
        for merge in description.merges {
            try expect(
                (0..<count).contains(Int(merge.left)) && (0..<count).contains(Int(merge.right)),
                "a merge joins tokens \(merge.left) and \(merge.right) of \(count)")
        }
        let fields = description.fields
        try refusing {
            let again = try TokenizerDescription(fields: fields)
            try expect(again.tokens.count == count, "the tokenizer has other tokens in GGUF")
        }
        try refusing {
            let folder = try TokenizerFolder(description)
            let files = Dictionary(folder.files.map { ($0.name, $0.bytes) }) { first, _ in first }
            _ = try TokenizerReading(TokenizerFiles { files[$0] }, preTokenizer: description.preTokenizer)
        }
    }

    /// Does something that may be refused, but may not fail.
    private static func refusing(_ body: () throws -> Void) throws {
        do { try body() } catch is FormatError { return }
    }

    /// A value as tokenizers have it.
    private static func field(_ value: GGUFValue) -> TokenizerField? {
        switch value {
        case .string(let text): return .string(text.bytes)
        case .bool(let value): return .bool(value)
        case .array(let array):
            if let strings = array.byteStrings { return .strings(strings) }
            if array.elementType == .uint8 || array.elementType == .int8 { return .bytes(array.content) }
            if let integers = array.integers { return .int32s(integers.compactMap { Int32(exactly: $0) }) }
            return array.numbers.map { .floats($0.map { Float($0) }) }
        default: return value.integer.flatMap { UInt32(exactly: $0) }.map { .uint32($0) }
        }
    }

    /// A value as hyper-parameters have it.
    private static func value(_ value: GGUFValue) -> MetadataValue? {
        if let text = value.text { return .string(text) }
        if let boolean = value.boolean { return .bool(boolean) }
        if let strings = value.array?.strings { return .strings(strings) }
        if let integer = value.integer {
            if let small = UInt32(exactly: integer) { return .u32(small) }
            if let negative = Int32(exactly: integer) { return .i32(negative) }
            return UInt64(exactly: integer).map { .u64($0) }
        }
        return value.number.map { .f32(Float($0)) }
    }
}
