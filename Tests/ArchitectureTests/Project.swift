import Foundation

/// The project's own files, as they lie on disk.
struct Project {
    /// The folder that holds `Package.swift`.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    let manifest: Manifest
    /// Every source file of every target, by target name.
    let files: [String: [SourceText]]

    init() throws {
        manifest = Manifest(parsing: try Self.text(of: "Package.swift"))
        files = try Dictionary(
            manifest.targets.map { ($0.name, try Self.sources(in: $0.folder)) }, uniquingKeysWith: { $0 + $1 })
    }

    /// A file of the project as text.
    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The Swift and C files below a folder, in the order of their paths.
    private static func sources(in folder: String) throws -> [SourceText] {
        let base = root.appending(path: folder).path
        guard let paths = FileManager.default.enumerator(atPath: base) else { return [] }
        return try paths.compactMap { $0 as? String }.sorted()
            .filter { ["swift", "c", "h"].contains(URL(filePath: $0).pathExtension) }
            .map { path in
                let text = try text(of: "\(folder)/\(path)")
                return path.hasSuffix(".swift")
                    ? SourceText(path: "\(folder)/\(path)", text: text)
                    : .opaque(path: "\(folder)/\(path)", text: text)
            }
    }
}
