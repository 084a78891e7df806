import ArgumentParser
import Bytes
import Catalog
import Foundation

/// Measures how long `ingot gc --dry-run` takes to say what nothing needs, beside listing the folder.
struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Measure 'ingot gc --dry-run' over a home of many blobs and artifacts, beside listing its folder.")

    @Option(help: "The program, such as .build/release/ingot.") var ingot: String
    @Option(help: "A home to make; it must not exist, and is removed at the end.") var home: String
    @Option(help: "The blobs.") var blobs = 100_000
    @Option(help: "The artifacts.") var artifacts = 1_000
    @Option(help: "How often to measure.") var runs = 5

    func validate() throws {
        guard runs > 0, artifacts > 0, blobs >= artifacts else {
            throw ValidationError("--runs and --artifacts must be above 0, and --blobs no fewer than --artifacts.")
        }
        guard !FileManager.default.fileExists(atPath: home) else {
            throw ValidationError("'\(home)' exists already; name another --home.")
        }
    }

    func run() throws {
        defer {
            // What cannot be removed is left to whoever named the folder.
            try? Folder.removeTree(home)
        }
        try fill()
        let plain = try measure(["gc", "--dry-run"])
        let dropping = try measure(["gc", "--dry-run", "--drop-where", "tag = 'old'"])
        let listing = try (0..<runs).map { _ in try Elapsed.of { try list() } }
        print("\(blobs) blobs, \(artifacts) artifacts, \(runs) runs: seconds")
        let rows = [("gc --dry-run", plain), ("gc --dry-run --drop-where", dropping), ("listing the folder", listing)]
        printTable(
            [["", "wall min", "median", "max", "CPU min", "median", "max", "× listing"]]
                + rows.map { name, times in
                    let ratio = Spread(times.map(\.wall)).median / Spread(listing.map(\.wall)).median
                    return [name] + Spread(times.map(\.wall)).cells + Spread(times.map(\.processor)).cells
                        + [Spread.text(ratio, digits: 1)]
                })
    }

    private func measure(_ arguments: [String]) throws -> [Elapsed] {
        try (0..<runs).map { _ in
            try ChildProcess.run([ingot] + arguments, environment: ["INGOT_HOME": home]).elapsed
        }
    }

    /// What `ls` would have to do at least.
    private func list() throws {
        var count = 0
        for folder in try Folder.entries(of: home + "/blobs") {
            count += try Folder.entries(of: home + "/blobs/" + folder).count
        }
        guard count >= blobs else { throw ValidationError("\(count) files of \(blobs) were listed.") }
    }

    /// A catalog with as many rows, a file of one byte for each blob, and a hundred files that nothing explains. Every
    /// tenth artifact has the tag `old`.
    private func fill() throws {
        try Folder.make(home + "/blobs")
        try Folder.make(home + "/incoming")
        let catalog = try CatalogDatabase(path: home + "/catalog.sqlite", access: .readWrite)
        let each = blobs / artifacts
        for number in 0..<artifacts {
            let digests = (0..<each).map { Digest(of: "blob \(number * each + $0)") }
            for digest in digests { try write(digest) }
            let draft = ArtifactDraft(
                digest: Digest(of: "artifact \(number)"), weightsDigest: nil, kind: .checkpoint, origin: .imported,
                scheme: "bf16", format: "safetensors", parameterCount: 0, weightByteCount: 0,
                blobs: digests.map { BlobDraft(digest: $0, byteCount: 1) },
                files: [
                    FileDraft(
                        path: "model.safetensors", digest: Digest(of: "file \(number)"), byteCount: each,
                        role: "weights", segments: digests.map { Segment(blob: $0, blobOffset: 0, byteCount: 1) })
                ])
            let name = try TagName(model: "model-\(number)", tag: number.isMultiple(of: 10) ? "old" : "latest")
            _ = try catalog.insert(draft, naming: Naming(name))
        }
        for number in 0..<100 { try write(Digest(of: "stray \(number)")) }
    }

    private func write(_ digest: Digest) throws {
        let folder = "\(home)/blobs/\(digest.hex.prefix(2))"
        try Folder.make(folder)
        try Data([7]).write(to: URL(fileURLWithPath: "\(folder)/\(digest.hex)"))
    }
}
