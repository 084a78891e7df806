import Bytes
import Testing

@testable import Tokenizers

/// Files and metadata with a few changes at random are read or refused, and what is read can be rebuilt or is refused.
@Suite("A changed tokenizer") struct MutationTests {
    /// Changes that leave JSON what it is for the most part: a digit becomes a digit, a letter a letter.
    private func change(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        for _ in 0..<6 {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch bytes[place] {
            case 0x30...0x39: bytes[place] = .random(in: 0x30...0x39, using: &generator)
            case 0x61...0x7A: bytes[place] = .random(in: 0x61...0x7A, using: &generator)
            case 0x80...: bytes[place] ^= 1
            default: if Bool.random(using: &generator) { bytes[place] = .random(in: 0...255, using: &generator) }
            }
        }
    }

    /// Rebuilds what was read; a fault of the format is an answer, anything else is none.
    private func rebuild(_ description: () throws -> TokenizerDescription) throws {
        do {
            let first = try description()
            let folder = try TokenizerFolder(try TokenizerDescription(fields: first.fields))
            let config = Array(#"{"vocab_size": \#(first.tokens.count)}"#.utf8)
            _ = try TokenizerFixture(folder, config: config).reading()
        } catch is FormatError {
            return
        }
    }

    @Test("folder is read or refused", arguments: fixtureNames, 0..<UInt64(3))
    func folders(name: String, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let original = try TokenizerFixture(named: name)
        let names = original.files.keys.filter { $0 != "expected.json" }.sorted()
        for _ in 0..<20 {
            var folder = original
            let changed = names[Int.random(in: names.indices, using: &generator)]
            var bytes = folder.files[changed] ?? []
            change(&bytes, &generator)
            folder.files[changed] = bytes
            try rebuild { try folder.reading().description }
        }
    }

    @Test("GGUF file is read or refused", arguments: fixtureNames, 0..<UInt64(3))
    func fields(name: String, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let original = try TokenizerFixture(named: name).reading().description.fields
        for _ in 0..<20 {
            var fields = original
            let entry = fields.entries[Int.random(in: fields.entries.indices, using: &generator)]
            switch entry.value {
            case .string(var bytes):
                change(&bytes, &generator)
                fields[entry.key] = .string(bytes)
            case .uint32: fields[entry.key] = .uint32(.random(in: 0...1000, using: &generator))
            case .bool(let flag): fields[entry.key] = .bool(!flag)
            case .strings(var texts):
                let place = Int.random(in: texts.indices, using: &generator)
                texts[place] =
                    [[], [0xFF], texts[0], Array("[PAD\(place)]".utf8)].randomElement(using: &generator) ?? []
                fields[entry.key] = .strings(texts)
            case .floats(var values):
                values[Int.random(in: values.indices, using: &generator)] = .greatestFiniteMagnitude
                fields[entry.key] = .floats(values)
            case .int32s(var values):
                values[Int.random(in: values.indices, using: &generator)] = .random(in: 0...7, using: &generator)
                fields[entry.key] = .int32s(values)
            case .bytes(let bytes): fields[entry.key] = .bytes(Array(bytes.dropLast(3)))
            }
            try rebuild { try TokenizerDescription(fields: fields) }
        }
    }
}
