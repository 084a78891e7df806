import Bytes
import Foundation
import Registry

/// A home and a folder for files, removed when the value goes.
final class TemporaryHome {
    let folder: String
    let registry: ModelRegistry

    init() throws {
        folder = NSTemporaryDirectory() + "ingot-registry-" + UUID().uuidString
        try Folder.make(folder + "/home")
        try Self.emptyCatalog.get().write(to: URL(fileURLWithPath: folder + "/home/catalog.sqlite"))
        registry = try ModelRegistry(home: folder + "/home", access: .readWrite)
    }

    /// The catalog of a new home, made once: to make its schema takes longer than most tests.
    private static let emptyCatalog = Result {
        let home = NSTemporaryDirectory() + "ingot-registry-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: home) }
        // It is closed, and its log put away, when this line is done.
        _ = try ModelRegistry(home: home, access: .readWrite)
        return try Data(contentsOf: URL(fileURLWithPath: home + "/catalog.sqlite"))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    /// Every file under `blobs/` and `incoming/`, relative to the home.
    func storedFiles() throws -> [String] {
        try ["blobs", "incoming"].flatMap { try Self.files(under: registry.home + "/" + $0) }.sorted()
    }

    static func files(under folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).map { folder + "/" + $0 }
            .filter { !Folder.isFolder($0) }
    }

    static func digest(_ path: String) throws -> String {
        let file = try OpenFile(path)
        return Digest(of: try file.bytes(0..<file.byteCount)).hex
    }
}

/// The repository's `fixtures/`.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures").path

extension TemporaryHome {
    /// Registers a file or folder.
    func register(_ path: String, as name: String) async throws {
        var request = RegisterRequest(path: path)
        request.name = name
        _ = try await registry.register(request)
    }

    /// Exports to a path below the home's folder.
    @discardableResult
    func export(
        _ name: String, to path: String, _ format: ExportFormat?, dtype: String? = nil, dequantized: String? = nil,
        maxShardBytes: Int? = nil
    ) async throws -> ExportReport {
        var request = ExportRequest(name: name, destination: self.path(path))
        request.format = format
        request.dtype = dtype
        request.dequantized = dequantized
        request.maxShardBytes = maxShardBytes
        return try await registry.export(request)
    }
}
