import Bytes
import Foundation

/// Where the data files of the tests lie.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../fixtures")
        .standardizedFileURL.path()

    static func path(_ name: String) -> String { root + "/" + name }

    static func json(_ name: String) throws -> JSONValue {
        let file = try OpenFile(path(name))
        return try JSONValue(parsing: try file.bytes(0..<file.byteCount))
    }

    /// The folders in a folder, by name.
    static func folders(in name: String) -> [String] {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []
        return found.filter { !$0.contains(".") }.sorted()
    }

    /// The files in a folder whose names end so, by name.
    static func names(in name: String, ending: String) -> [String] {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []
        return found.filter { $0.hasSuffix(ending) }.sorted()
    }
}
