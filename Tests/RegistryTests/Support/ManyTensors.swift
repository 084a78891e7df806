import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Tensors

/// Files of tensors that are blobs of their own, each with other bytes; and what damages them.
enum ManyTensors {
    /// The bytes of a tensor: 256 × 128 of BF16, 64 KiB.
    static func bytes(_ number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(number % 61), count: 65_536)
        bytes[0] = UInt8(truncatingIfNeeded: number)
        bytes[2] = UInt8(truncatingIfNeeded: number >> 8)
        return bytes
    }

    /// Writes a safetensors file with the tensors of these numbers, in this order, and then a few small ones.
    @discardableResult
    static func write(_ numbers: [Int], to path: String, smallCount: Int = 0) throws -> String {
        let names = numbers.map { "layer.\($0).weight" } + (0..<smallCount).map { "small.\($0)" }
        let layout = try SafetensorsLayout(
            tensors: names.map { (name: $0, dtype: .BF16, shape: $0.hasPrefix("small") ? [8] : [256, 128]) },
            metadata: [("format", "pt")])
        let contents = Dictionary(
            uniqueKeysWithValues: zip(
                names, numbers.map(bytes) + (0..<smallCount).map { [UInt8](repeating: UInt8($0 + 1), count: 16) }))
        let file = layout.headerBytes + layout.tensors.flatMap { contents[$0.name] ?? [] }
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        try Folder.make(String(path[..<slash]))
        try Data(file).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Turns one bit of a file around; its length and time stay.
    static func flip(bit: Int, of path: String) throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: UInt64(bit / 8))
        let byte = try handle.read(upToCount: 1)?.first ?? 0
        try handle.seek(toOffset: UInt64(bit / 8))
        try handle.write(contentsOf: Data([byte ^ 1 << UInt8(bit % 8)]))
        try handle.close()
        try FileManager.default.setAttributes(
            [.posixPermissions: attributes[.posixPermissions] ?? 0o444], ofItemAtPath: path)
    }
}

/// Numbers from a seed: Knuth's linear congruential generator, its upper half.
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}

extension TemporaryHome {
    /// The paths of all blobs' files.
    func blobFiles() throws -> [String] { try Self.files(under: registry.home + "/blobs").sorted() }

    /// The file of a blob.
    func blobFile(_ digest: String) -> String { "\(registry.home)/blobs/\(digest.prefix(2))/\(digest)" }

    /// The rows of every view but that of jobs, and of when blobs were verified, sorted.
    func views(of registry: ModelRegistry? = nil) throws -> [String: [String]] {
        let registry = registry ?? self.registry
        var views: [String] = []
        _ = try registry.query(
            "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'job_summary'", columns: { _ in },
            row: { if case .text(let name) = $0[0] { views.append(name) } })
        var found: [String: [String]] = [:]
        for view in views {
            var names: [String] = []
            var rows: [String] = []
            _ = try registry.query("SELECT * FROM \(view)", columns: { names = $0 }) { row in
                let cells = zip(names, row).filter { $0.0 != "verified_at" }
                rows.append(cells.map { "\($0)=\($1)" }.joined(separator: " "))
            }
            found[view] = rows.sorted()
        }
        return found
    }
}
