import Bytes
import Foundation

@testable import Tokenizers

/// The folders of fixtures/tokenizers, and folders that tests make.
struct TokenizerFixture {
    /// Files by name.
    var files: [String: [UInt8]]

    init(_ files: [String: String]) { self.files = files.mapValues { Array($0.utf8) } }

    /// A folder of fixtures/tokenizers.
    init(named name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../fixtures/tokenizers/\(name)").standardizedFileURL
        files = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            files[file] = [UInt8](try Data(contentsOf: folder.appending(path: file)))
        }
    }

    /// What was rebuilt, in a folder whose config.json says as much as the first one's.
    init(_ folder: TokenizerFolder, config: [UInt8]?) {
        files = Dictionary(uniqueKeysWithValues: folder.files.map { ($0.name, $0.bytes) })
        files["config.json"] = config
    }

    subscript(name: String) -> String {
        get { String(decoding: files[name] ?? [], as: UTF8.self) }
        set { files[name] = Array(newValue.utf8) }
    }

    func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: files[name] ?? []) }

    /// Changes one JSON file.
    mutating func change(_ name: String, _ body: (inout JSONObject) -> Void) throws {
        var object = try json(name).objectValue ?? JSONObject()
        body(&object)
        self[name] = JSONValue.object(object).text()
    }

    func reading(preTokenizer: String? = nil) throws -> TokenizerReading {
        let files = files
        return try TokenizerReading(TokenizerFiles { files[$0] }, preTokenizer: preTokenizer)
    }

    /// What llama.cpp's converter writes for the folder.
    func expectedFields() throws -> TokenizerFields {
        var fields = TokenizerFields()
        for (key, value) in try json("expected.json").objectValue?.members ?? [] {
            fields[key] = try TokenizerField(value, key: key)
        }
        return fields
    }
}

extension TokenizerField {
    /// A value of `expected.json`; the key tells what its array holds.
    init(_ value: JSONValue, key: String) throws {
        switch value {
        case .string(let text): self = .string(text)
        case .bool(let flag): self = .bool(flag)
        case .number: self = .uint32(UInt32(value.intValue ?? -1))
        case .array(let values) where key == TokenizerKey.scores:
            self = .floats(values.compactMap { $0.doubleValue.map(Float.init) })
        case .array(let values) where key == TokenizerKey.types:
            self = .int32s(values.compactMap { $0.intValue.map(Int32.init) })
        case .array(let values) where key == TokenizerKey.characterMap:
            self = .bytes(values.compactMap { $0.intValue.map(UInt8.init) })
        case .array(let values): self = .strings(values.compactMap { $0.stringValue.map { Array($0.utf8) } })
        default: throw FormatError(.corrupt, "unexpected value of \(key)", remedy: "Make the fixture anew")
        }
    }
}

extension TokenizerFields {
    /// The keys whose values differ, or that only one of both has.
    func differences(from other: Self) -> [String] {
        let keys = entries.map(\.key) + other.entries.map(\.key).filter { self[$0] == nil }
        return keys.filter { self[$0] != other[$0] }
    }
}

/// The fault that a body throws; nil when it throws none.
func fault(_ body: () throws -> Void) throws -> FormatError? {
    do {
        try body()
        return nil
    } catch let error as FormatError {
        return error
    }
}

let fixtureNames = ["byte-level", "wordpiece", "sentencepiece-bpe", "sentencepiece-unigram", "merged-pieces"]
