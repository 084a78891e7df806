import Bytes

/// Takes values of the right kind out of a GGUF file's metadata; nil for what is not there.
struct FieldReader {
    let fields: TokenizerFields

    func text(_ key: String) throws(FormatError) -> String? {
        guard let bytes = try take(key, "a string", { if case .string(let value) = $0 { value } else { nil } })
        else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault(key, "is not UTF-8") }
        return text
    }

    func bool(_ key: String) throws(FormatError) -> Bool? {
        try take(key, "a Boolean") { if case .bool(let value) = $0 { value } else { nil } }
    }

    func number(_ key: String) throws(FormatError) -> Int? {
        try take(key, "a number") { if case .uint32(let value) = $0 { Int(value) } else { nil } }
    }

    func strings(_ key: String) throws(FormatError) -> [[UInt8]]? {
        try take(key, "an array of strings") { if case .strings(let value) = $0 { value } else { nil } }
    }

    func floats(_ key: String) throws(FormatError) -> [Float]? {
        try take(key, "an array of 32-bit floats") { if case .floats(let value) = $0 { value } else { nil } }
    }

    func int32s(_ key: String) throws(FormatError) -> [Int32]? {
        try take(key, "an array of 32-bit integers") { if case .int32s(let value) = $0 { value } else { nil } }
    }

    func bytes(_ key: String) throws(FormatError) -> [UInt8]? {
        try take(key, "an array of bytes") { if case .bytes(let value) = $0 { value } else { nil } }
    }

    func fault(_ key: String, _ problem: String) -> FormatError {
        FormatError(.corrupt, "the metadata '\(key)' \(problem)", remedy: "Fetch the file again or convert it anew")
    }

    private func take<Value>(
        _ key: String, _ expected: String, _ extract: (TokenizerField) -> Value?
    ) throws(FormatError) -> Value? {
        guard let field = fields[key] else { return nil }
        guard let value = extract(field) else { throw fault(key, "is \(field.name), not \(expected)") }
        return value
    }
}
