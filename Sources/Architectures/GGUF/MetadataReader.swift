import Bytes

/// The metadata of a GGUF file, and which of it was read.
struct MetadataReader {
    private let values: [String: MetadataValue]
    let architecture: String
    private var known: Set<String> = []

    init(_ values: [String: MetadataValue]) throws(FormatError) {
        guard let architecture = values["general.architecture"]?.text else {
            throw Self.fault("it lacks 'general.architecture'")
        }
        self.values = values
        self.architecture = architecture
    }

    /// The number of a key; nil when it is not there.
    mutating func number(_ key: String) throws(FormatError) -> Double? {
        known.insert(key)
        guard let value = values[key] else { return nil }
        guard let number = value.number, number.isFinite else { throw Self.fault("'\(key)' is not a number") }
        return number
    }

    mutating func text(_ key: String) throws(FormatError) -> String? {
        known.insert(key)
        guard let value = values[key] else { return nil }
        guard let text = value.text else { throw Self.fault("'\(key)' is no string") }
        return text
    }

    mutating func bool(_ key: String) throws(FormatError) -> Bool? {
        known.insert(key)
        guard let value = values[key] else { return nil }
        guard case .bool(let bool) = value else { throw Self.fault("'\(key)' is not true or false") }
        return bool
    }

    /// The number of a key as its type holds it in config.json; nil when it is not there.
    mutating func shortest(_ key: String) throws(FormatError) -> Double? {
        guard let number = try number(key) else { return nil }
        if case .f32(let value)? = values[key] { return Double.shortest(value) }
        return number
    }

    /// The keys of the architecture that nothing asked for.
    var unread: [String] {
        values.keys.filter { $0.hasPrefix(architecture + ".") && !known.contains($0) }.sorted()
    }

    static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, "the metadata is not sound: \(problem)", remedy: "Fetch the file again")
    }
}
