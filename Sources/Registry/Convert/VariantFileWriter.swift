import Blobs
import Bytes
import Formats
import Tensors

/// Puts a weights file together from tensors that lie in blobs and in files of the act, and cuts it the way
/// `FileIngest` does: a header, large tensors as they are, neighbors of small ones and what pads them in one blob.
///
/// A file's digest is one long chain. On one thread it is taken together with the digests of the tensors, side by side
/// on one core; on several, one thread follows the chain while the others take the tensors' and measure their errors.
struct VariantFileWriter: Sendable {
    let store: BlobStore
    let area: StagingArea
    let publisher: Publisher

    /// A file that was put together, with its tensors in file order.
    struct Outcome: Sendable {
        var file: StoredFile
        var tensors: [(description: TensorDescription, source: OutputTensor, digest: Digest)]
    }

    /// A stretch of the file, in order.
    private enum Piece: Sendable {
        case segments([StoredFile.Segment])
        case staged(Staged)
    }

    /// A file of the act that becomes a blob.
    private struct Staged: Sendable {
        var path: String
        var byteCount: Int
        var measurement: DeferredMeasurement?

        func blob(_ digest: Digest) -> SealedBlob { SealedBlob(path: path, digest: digest, byteCount: byteCount) }
    }

    /// What is known of a staged file when it has been read.
    private struct Finished: Sendable {
        var blob: SealedBlob
        var errors: ErrorSums?
    }

    /// - Parameters:
    ///   - path: the file's path in the artifact.
    ///   - layout: where in the file what goes.
    ///   - tensors: what it holds, in any order.
    func write(
        _ path: String, _ layout: any OutputLayout, tensors: [OutputTensor], threadCount: Int
    ) async throws -> Outcome {
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
        let ordered = layout.tensors.compactMap { description in
            byName[description.name].map { (description: description, source: $0) }
        }
        let pieces = try pieces(layout.writer(), ordered.map(\.source))
        try publisher.finish()
        let (digest, finished) =
            try await threadCount == 1 ? digestsTogether(pieces) : digestsApart(pieces, threadCount)
        var segments: [StoredFile.Segment] = []
        for piece in pieces {
            switch piece {
            case .segments(let known): segments += known
            case .staged(let staged):
                let blob = try Self.file(staged.path, in: finished).blob
                segments.append(StoredFile.Segment(blob))
                try publisher.add(blob)
            }
        }
        let file = StoredFile(
            path: path, digest: digest, byteCount: layout.byteCount, role: "weights", segments: segments)
        return Outcome(
            file: file,
            tensors: try ordered.map { description, source in
                let (tensor, digest) = try Self.completed(source, finished)
                return (description, tensor, digest)
            })
    }

    /// The tensor with what was found out when its staged file was read.
    private static func completed(
        _ tensor: OutputTensor, _ finished: [String: Finished]
    ) throws -> (OutputTensor, Digest) {
        switch tensor.content {
        case .stored(_, let digest), .scratch(_, let digest): return (tensor, digest)
        case .staged(let path, _):
            var tensor = tensor
            let file = try file(path, in: finished)
            if let errors = file.errors, case .principal(let scheme, let shape, _) = tensor.part {
                tensor.part = .principal(scheme: scheme, shape: shape, errors: errors)
            }
            return (tensor, file.blob.digest)
        }
    }

    /// What is known of a staged file; without it the variant must not be made.
    private static func file(_ path: String, in finished: [String: Finished]) throws -> Finished {
        guard let file = finished[path] else {
            throw RegistryError("the staged file \(path) has no digest", remedy: "Report it together with the command")
        }
        return file
    }

    // MARK: Pieces

    private func pieces(_ writer: any LayoutWriter, _ tensors: [OutputTensor]) throws -> [Piece] {
        var writer = writer
        let first = try BlobWriter(in: area)
        try first.append(writer.start().span)
        var pieces = [Piece.segments([try publish(first)])]
        var run = SmallRun()
        for tensor in tensors {
            run.append(writer.begin())
            if case .scratch(let place, _) = tensor.content {
                run.append(place)
            } else {
                if let segment = try blob(of: run) { pieces.append(.segments([segment])) }
                run = SmallRun()
                switch tensor.content {
                case .stored(let segments, _): pieces.append(.segments(segments))
                case .staged(let path, let byteCount):
                    pieces.append(
                        .staged(Staged(path: path, byteCount: byteCount, measurement: tensor.measurement)))
                case .scratch: break
                }
            }
            run.append(writer.end())
        }
        run.append(writer.finish())
        if let segment = try blob(of: run) { pieces.append(.segments([segment])) }
        return pieces
    }

    /// Small neighbors in a file: tensors, and what stands between them.
    private struct SmallRun {
        enum Item {
            case bytes([UInt8])
            case place(ScratchFile.Place)
        }

        var items: [Item] = []

        mutating func append(_ bytes: [UInt8]) { if !bytes.isEmpty { items.append(.bytes(bytes)) } }
        mutating func append(_ place: ScratchFile.Place) {
            if !place.range.isEmpty { items.append(.place(place)) }
        }
    }

    /// One blob of small neighbors; nil when they have no bytes.
    private func blob(of run: SmallRun) throws -> StoredFile.Segment? {
        guard !run.items.isEmpty else { return nil }
        let writer = try BlobWriter(in: area)
        for item in run.items {
            let bytes =
                switch item {
                case .bytes(let bytes): bytes
                case .place(let place): try place.bytes()
                }
            try writer.append(bytes.span)
        }
        return try publish(writer)
    }

    private func publish(_ writer: BlobWriter) throws -> StoredFile.Segment {
        let sealed = try writer.seal()
        try publisher.add(sealed)
        return StoredFile.Segment(sealed)
    }

    // MARK: Digests

    /// The file's digest, and what its staged stretches turned out to be, by path.
    private func digestsTogether(_ pieces: [Piece]) throws -> (Digest, [String: Finished]) {
        let reader = StoredFileReader(store: store)
        var digests = PairedDigest()
        var finished: [String: Finished] = [:]
        for piece in pieces {
            switch piece {
            case .segments(let segments): try reader.forEachPiece(of: segments) { digests.updateFileOnly($0) }
            case .staged(let staged):
                digests.beginTensor()
                try Self.read(staged.path) { digests.updateBoth($0) }
                finished[staged.path] = Finished(blob: staged.blob(digests.finishTensor()))
            }
        }
        return (digests.finishFile(), finished)
    }

    private func digestsApart(_ pieces: [Piece], _ threadCount: Int) async throws -> (Digest, [String: Finished]) {
        async let chain = digest(of: pieces)
        let staged = pieces.compactMap { if case .staged(let staged) = $0 { staged } else { nil } }
        // The chain is the longest of all tasks and began first; the others share the remaining threads, and its own
        // when it has ended.
        let finished = try await WorkQueue.map(staged, threadCount: threadCount) { staged in
            if let measurement = staged.measurement {
                let (digest, errors) = try measurement.run(codesAt: staged.path)
                return Finished(blob: staged.blob(digest), errors: errors)
            }
            var digest = DigestStream()
            try Self.read(staged.path) { digest.update($0) }
            return Finished(blob: staged.blob(digest.finish()))
        }
        return (try await chain, Dictionary(uniqueKeysWithValues: finished.map { ($0.blob.path, $0) }))
    }

    private func digest(of pieces: [Piece]) async throws -> Digest {
        let reader = StoredFileReader(store: store)
        var digest = DigestStream()
        for piece in pieces {
            switch piece {
            case .segments(let segments): try reader.forEachPiece(of: segments) { digest.update($0) }
            case .staged(let staged): try Self.read(staged.path) { digest.update($0) }
            }
        }
        return digest.finish()
    }

    private static func read(_ path: String, _ body: (Span<UInt8>) throws -> Void) throws {
        let file = try OpenFile(path)
        var reader = SequentialReader(file)
        try reader.take(file.byteCount, body)
    }
}
