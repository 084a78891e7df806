import Bytes
import Foundation

@testable import Formats

/// Where the data files of the tests lie.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures")
        .standardizedFileURL.path()

    static func path(_ name: String) -> String { root + "/" + name }

    static func bytes(_ name: String) throws -> [UInt8] {
        let file = try OpenFile(path(name))
        return try file.bytes(0..<file.byteCount)
    }

    static func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: try bytes(name)) }
}

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "ingot-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path =
            url.standardizedFileURL.path().hasSuffix("/")
            ? String(url.standardizedFileURL.path().dropLast()) : url.standardizedFileURL.path()
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("cannot remove \(path): \(error)")
        }
    }

    /// Writes a file, making the folders above it, and gives its path.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let target = path + "/" + name
        let folder = (target as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: target))
        return target
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// Scans the folder, or what is called `name` in it; the folder stays until that is done.
    func scan(_ name: String = "") throws -> ModelSource {
        try ModelSource(scanning: name.isEmpty ? path : path + "/" + name)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
    }
}
