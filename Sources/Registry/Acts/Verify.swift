import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Reads the blobs of an artifact, or of all, and compares them with their digests.
    /// - Returns: what is damaged, with the artifacts, files and tensors that lie in it; empty when all is sound.
    public func verify(_ name: String?, progress: ProgressHandler? = nil) async throws -> VerifyReport {
        let start = ContinuousClock.now
        let artifacts = try name.map { [try artifact(named: $0)] } ?? allArtifacts()
        let blobs = try name == nil ? catalog.blobs() : artifacts.flatMap { try catalog.blobs(of: $0.digest) }
        let total = blobs.reduce(0) { $0 + $1.byteCount }
        let meter = ProgressMeter("verify \(name ?? "everything")", total: total, handler: progress)
        let problems = try await WorkQueue.map(blobs, threadCount: Self.threads(nil)) { blob in
            try problem(with: blob, meter)
        }
        let damaged = Dictionary(
            zip(blobs, problems).compactMap { blob, problem in problem.map { (blob.digest, $0) } },
            uniquingKeysWith: { first, _ in first })
        return VerifyReport(
            artifactCount: artifacts.count, blobCount: blobs.count, bytes: total,
            damage: damaged.isEmpty ? [] : try damage(damaged), seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func allArtifacts() throws -> [ArtifactRecord] {
        var seen: Set<Digest> = []
        return try catalog.summaries().map(\.artifact).filter { seen.insert($0.digest).inserted }
    }

    /// What is wrong with a blob's bytes, in words; nil when nothing is.
    private func problem(with blob: BlobRecord, _ meter: ProgressMeter) throws -> String? {
        let path: String
        switch blob.storage {
        case .raw: path = store.path(of: blob.digest)
        case .coded: return try problem(withCoded: blob, meter)
        case .evicted: return nil
        case .references:
            guard let place = Self.reference(blob) else {
                return "missing: the file that it refers to is not recorded"
            }
            path = place.path
        }
        let file: OpenFile
        do {
            file = try OpenFile(path)
        } catch { return error.number == 2 ? "missing: \(path)" : "unreadable: \(error)" }
        guard file.byteCount == blob.byteCount else {
            return "changed: \(path) has \(file.byteCount) bytes, not \(blob.byteCount)"
        }
        var digest = DigestStream()
        var reader = SequentialReader(file)
        do {
            try reader.take(file.byteCount) { piece in
                digest.update(piece)
                meter.add(piece.count)
            }
        } catch let error as FileError { return "unreadable: \(error)" }
        let found = digest.finish()
        return found == blob.digest ? nil : "changed: \(path) has the digest \(found.hex.prefix(12))…"
    }

    private func problem(withCoded blob: BlobRecord, _ meter: ProgressMeter) throws -> String? {
        do {
            let source = try store.reader(of: blob.digest, cache: ChunkCache(byteCount: 2 << 20, kernels: kernels))
            let found = try source.digest(progress: meter.add)
            return found == blob.digest ? nil : "changed: \(source.path) has the digest \(found.hex.prefix(12))…"
        } catch let error as FileError {
            return error.number == 2 ? "missing: \(error.path)" : "unreadable: \(error)"
        } catch let error as FormatError { return "changed: \(error)" }
    }

    /// Who needs the damaged blobs, and what lies in them.
    private func damage(_ problems: [Digest: String]) throws -> [VerifyReport.Damage] {
        var users: [Digest: (artifacts: [String], places: [String])] = [:]
        for artifact in try allArtifacts() {
            let stored = try StoredFilesAndTensors(registry: self, artifact: artifact)
            for digest in problems.keys {
                let places = stored.places(of: digest)
                guard !places.isEmpty else { continue }
                users[digest, default: ([], [])].artifacts.append(try catalog.label(of: artifact.digest))
                users[digest, default: ([], [])].places += places
            }
        }
        return problems.sorted { $0.key.hex < $1.key.hex }.map { digest, problem in
            .init(
                blob: digest.hex, problem: problem, artifacts: users[digest]?.artifacts ?? [],
                places: Array(Set(users[digest]?.places ?? [])).sorted())
        }
    }
}

/// An artifact's files and tensors, to tell what lies in a blob.
private struct StoredFilesAndTensors {
    let files: [StoredFile]
    let tensors: [TensorRecord]

    init(registry: ModelRegistry, artifact: ArtifactRecord) throws {
        files = try registry.files(of: artifact.digest)
        tensors = try registry.catalog.tensors(of: artifact.digest)
    }

    /// The tensors that have bytes in the blob, or the file when none has.
    func places(of blob: Digest) -> [String] {
        var places: [String] = []
        for file in files {
            var start = 0
            for segment in file.segments {
                let here = start..<start + segment.byteCount
                start = here.upperBound
                guard segment.blob == blob else { continue }
                let names = tensors.filter {
                    $0.file == file.path
                        && here.overlaps($0.tensor.byteOffset..<$0.tensor.byteOffset + $0.tensor.byteCount)
                }.map { "tensor '\($0.tensor.name)'" }
                places += names.isEmpty ? [file.path] : names
            }
        }
        return places
    }
}
