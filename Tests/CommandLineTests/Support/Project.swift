import Foundation

/// The project's own files.
enum Project {
    /// The project's folder.
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A small Llama with configuration and tokenizer.
    static let tinyLlama = folder.appendingPathComponent("fixtures/models/tiny-llama").path

    /// The bytes of a file of the project.
    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(path)))
    }
}
