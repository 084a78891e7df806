import Bytes

/// The files of a folder, by name, as far as a tokenizer needs them.
package struct TokenizerFiles {
    private let read: (String) throws -> [UInt8]?

    /// - Parameter read: gives the bytes of the file of this name; nil when there is none. It is asked for names
    ///   without folders: `tokenizer.json`.
    package init(_ read: @escaping (String) throws -> [UInt8]?) { self.read = read }

    func bytes(_ name: String) throws -> [UInt8]? { try read(name) }

    /// A JSON file as a tree; `NaN` and `Infinity` are let through, as Python writes them.
    func json(_ name: String) throws -> JSONValue? {
        guard let bytes = try read(name) else { return nil }
        return try inFile(name) { () throws(FormatError) in try JSONValue(parsing: bytes, dialect: .python) }
    }

    func text(_ name: String) throws -> String? {
        guard let bytes = try read(name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatError(.corrupt, "the file is not UTF-8", file: name, remedy: "Fetch the file again")
        }
        return text
    }
}

/// Does something and adds the file's name to its fault.
func inFile<Value>(_ name: String, _ body: () throws(FormatError) -> Value) throws(FormatError) -> Value {
    do {
        return try body()
    } catch {
        throw error.within(file: name)
    }
}
