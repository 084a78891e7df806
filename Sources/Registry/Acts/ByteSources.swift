import Blobs
import Bytes
import Catalog
import Formats
import Tensors

/// Where bytes of a digest may be had from. Whoever reads them compares their digest.
struct BytePlace: Sendable {
    /// How they are read.
    enum Way: Sendable {
        /// A range of a file of some artifact, in this home or another.
        case stored(StoredFile, Range<Int>, BlobStore)
        /// A range of a file on the disk.
        case outside(String, Range<Int>)
    }

    let way: Way
    /// In words, for the report.
    let description: String

    var byteCount: Int {
        switch way {
        case .stored(_, let range, _), .outside(_, let range): range.count
        }
    }

    /// Hands the bytes out in pieces.
    func forEachPiece(_ body: (Span<UInt8>) throws -> Void) throws {
        switch way {
        case .stored(let file, let range, let store):
            try StoredFileReader(store: store).forEachPiece(of: range, in: file, body)
        case .outside(let path, let range):
            let file = try OpenFile(path)
            guard range.upperBound <= file.byteCount else { return }
            var buffer = [UInt8](repeating: 0, count: max(1, min(SequentialReader.windowByteCount, range.count)))
            var place = range.lowerBound
            while place < range.upperBound {
                try Task.checkCancellation()
                let step = min(buffer.count, range.upperBound - place)
                try file.read(step, at: place, into: &buffer)
                try body(buffer.span.extracting(0..<step))
                place += step
            }
        }
    }
}

/// Finds places that may hold bytes of wanted digests: in the artifacts of a home, and in folders of files.
struct ByteSources: Sendable {
    private let homes: [Home]
    private let folders: [OutsideFiles]

    private struct Home: Sendable {
        let registry: ModelRegistry
        /// Nil for the home that is mended.
        let path: String?
        let contents: KnownContents

        init(_ registry: ModelRegistry, path: String?) {
            self.registry = registry
            self.path = path
            contents = KnownContents(registry)
        }
    }

    /// - Parameters:
    ///   - paths: exported models, folders of files, homes of Ingot.
    ///   - wanted: the lengths of tensors that are looked for, by digest.
    init(_ registry: ModelRegistry, paths: [String], wanted: [Digest: Int]) throws {
        var homes = [Home(registry, path: nil)]
        var folders: [OutsideFiles] = []
        for path in paths {
            guard Folder.exists(path) else {
                throw RegistryError("there is nothing at \(path)", remedy: "Check the path after --from")
            }
            if Folder.exists(path + "/catalog.sqlite") {
                homes.append(Home(try ModelRegistry(home: path, access: .readOnly), path: path))
            } else {
                folders.append(try OutsideFiles(path, wanted: wanted))
            }
        }
        self.homes = homes
        self.folders = folders
    }

    /// Places that may hold a blob's bytes, or a tensor's.
    /// - Parameter avoiding: blobs of the home that is mended from which nothing is taken.
    func places(of digest: Digest, byteCount: Int, avoiding: Set<Digest>) throws -> [BytePlace] {
        var places: [BytePlace] = []
        for home in homes { places += try self.places(of: digest, byteCount, in: home, avoiding) }
        for folder in folders { places += folder.places(of: digest, byteCount: byteCount) }
        return places
    }

    /// Places that may hold a range of a file: other copies of the file, which have its digest or just its length.
    func places(ofFile digest: Digest, byteCount: Int, range: Range<Int>, avoiding: Set<Digest>) throws -> [BytePlace] {
        var places: [BytePlace] = []
        for home in homes {
            for holder in try home.registry.catalog.holders(of: digest) {
                for file in try home.contents[holder].files where file.digest == digest {
                    let label = try home.registry.catalog.label(of: holder)
                    places += place(range, of: file, label, in: home, avoiding)
                }
            }
        }
        for folder in folders { places += folder.places(ofLength: byteCount, range: range) }
        return places
    }

    private func places(
        of digest: Digest, _ byteCount: Int, in home: Home, _ avoiding: Set<Digest>
    ) throws -> [BytePlace] {
        var places: [BytePlace] = []
        if let path = home.path, let blob = try home.registry.catalog.blob(digest), blob.storage != .evicted {
            let file = StoredFile(
                path: digest.hex, digest: digest, byteCount: byteCount, role: "",
                segments: [
                    .init(
                        blob: digest, blobByteCount: blob.byteCount, blobOffset: 0, byteCount: blob.byteCount,
                        reference: ModelRegistry.reference(blob))
                ])
            places.append(
                BytePlace(way: .stored(file, 0..<byteCount, home.registry.store), description: "the home at \(path)"))
        }
        for holder in try home.registry.catalog.holders(of: digest) {
            let contents = try home.contents[holder]
            let label = try home.registry.catalog.label(of: holder)
            for file in contents.files where file.digest == digest && file.byteCount == byteCount {
                places += place(0..<byteCount, of: file, label, in: home, avoiding)
            }
            for row in contents.tensors
            where row.tensor.digest == digest && row.tensor.byteCount == byteCount
                && row.tensor.arrangement == .contiguous
            {
                guard let file = contents.files.first(where: { $0.path == row.file }) else { continue }
                let start = row.tensor.byteOffset
                places += place(start..<start + byteCount, of: file, label, in: home, avoiding)
            }
        }
        return places
    }

    private func place(
        _ range: Range<Int>, of file: StoredFile, _ label: String, in home: Home, _ avoiding: Set<Digest>
    ) -> [BytePlace] {
        let segments = file.segments(of: range)
        guard home.path != nil || !segments.contains(where: { avoiding.contains($0.blob) }) else { return [] }
        let reference = segments.lazy.compactMap(\.reference).first.map { " (\($0.path))" } ?? ""
        let whereabouts = home.path.map { " in the home at \($0)" } ?? reference
        return [
            BytePlace(
                way: .stored(file, range, home.registry.store), description: "\(label), \(file.path)\(whereabouts)")
        ]
    }
}

/// Files on the disk that may hold wanted bytes: an exported model, or any folder.
struct OutsideFiles: Sendable {
    private var paths: [Int: [String]] = [:]
    private var tensors: [Digest: BytePlace] = [:]

    /// More files in one folder are refused: that is no folder of models.
    private static let mostFiles = 100_000

    /// Lists the files, and takes the digests of tensors that have a wanted length.
    init(_ path: String, wanted: [Digest: Int]) throws {
        var files: [(path: String, byteCount: Int)] = []
        try Self.list(path, &files)
        let lengths = Set(wanted.values)
        for file in files {
            paths[file.byteCount, default: []].append(file.path)
            try addTensors(of: file.path, lengths, wanted)
        }
    }

    private static func list(_ path: String, _ files: inout [(path: String, byteCount: Int)]) throws {
        if Folder.isFolder(path) {
            for name in try Folder.entries(of: path) where name != ".." { try list(path + "/" + name, &files) }
        } else if let file = try? OpenFile(path) {
            // What is no regular file, or cannot be read, holds nothing to take.
            files.append((path, file.byteCount))
        }
        guard files.count <= mostFiles else {
            throw RegistryError("\(path) holds more than \(mostFiles) files", remedy: "Name a folder of models")
        }
    }

    private mutating func addTensors(of path: String, _ lengths: Set<Int>, _ wanted: [Digest: Int]) throws {
        let source: ModelSource
        do {
            source = try ModelSource(scanning: path)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // It is no file of weights: whole files are compared by their lengths all the same.
            return
        }
        for file in source.weights {
            for tensor in file.layout?.tensors ?? []
            where lengths.contains(tensor.byteRange.count) && tensor.arrangement == .contiguous {
                let place = BytePlace(
                    way: .outside(file.absolutePath, tensor.byteRange),
                    description: "\(file.absolutePath), tensor '\(tensor.name)'")
                var digest = DigestStream()
                try place.forEachPiece { digest.update($0) }
                let found = digest.finish()
                if wanted[found] != nil, tensors[found] == nil { tensors[found] = place }
            }
        }
    }

    func places(of digest: Digest, byteCount: Int) -> [BytePlace] {
        let whole = (paths[byteCount] ?? []).map {
            BytePlace(way: .outside($0, 0..<byteCount), description: $0)
        }
        return [tensors[digest]].compactMap(\.self) + whole
    }

    func places(ofLength byteCount: Int, range: Range<Int>) -> [BytePlace] {
        (paths[byteCount] ?? []).map { BytePlace(way: .outside($0, range), description: $0) }
    }
}
