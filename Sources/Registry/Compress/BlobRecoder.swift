import Blobs
import Bytes
import Catalog
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Brings blobs of the store into another form, so that a kill at any instant loses nothing.
///
/// The new file is written, synced, decoded again and compared with the digest; it is renamed beside the old one; one
/// transaction says which of the two counts; then the old one goes. The job's pins say of which blobs both may be there
/// until then; `tidyAbandonedCoding` removes the one that does not count.
struct BlobRecoder: Sendable {
    let store: BlobStore
    let catalog: CatalogDatabase
    let kernels: Kernels
    let area: StagingArea
    let job: Int64

    /// Codes a blob that is stored as it is into a file of the area, and proves it.
    /// - Returns: nil when too little is saved.
    func code(
        _ item: CompressionPlan.Item, effort: CompressRequest.Effort, progress: (Int) -> Void = { _ in }
    ) throws -> SealedCodedBlob? {
        let cache = ChunkCache(byteCount: 2 << 20, kernels: kernels)
        let source = try store.reader(of: item.digest, cache: cache)
        let writer = CodedBlobWriter(item.words, effort: effort == .max ? .thorough : .quick, kernels: kernels)
        let limit = effort == .max ? item.byteCount - 1 : item.byteCount - item.byteCount * 3 / 100
        let base = try item.base.map { (digest: $0, source: try store.reader(of: $0, cache: cache)) }
        let sealed = try writer.write(
            source, digest: item.digest, base: base, in: area, limit: limit, progress: progress)
        if let sealed { try prove(sealed) }
        return sealed
    }

    /// Decodes a blob that is coded into a file of the area.
    func decode(_ digest: Digest, progress: (Int) -> Void = { _ in }) throws -> SealedBlob {
        let source = try store.codedBlob(of: digest, cache: ChunkCache(byteCount: 2 << 20, kernels: kernels))
        let writer = try BlobWriter(in: area)
        var buffer = [UInt8](repeating: 0, count: min(SequentialReader.windowByteCount, source.byteCount))
        while writer.byteCount < source.byteCount {
            try Task.checkCancellation()
            let step = min(buffer.count, source.byteCount - writer.byteCount)
            try source.read(step, at: writer.byteCount, into: &buffer)
            try writer.append(buffer.span.extracting(0..<step))
            progress(step)
        }
        let sealed = try writer.seal()
        try sealed.digest.check(digest, of: "blob \(digest.hex.prefix(12))")
        return sealed
    }

    /// - Throws: `RegistryError` when the file does not hold what it stands for.
    private func prove(_ sealed: SealedCodedBlob) throws {
        let cache = ChunkCache(byteCount: 2 << 20, kernels: kernels)
        let blob = try store.codedBlob(of: sealed.digest, at: sealed.path, cache: cache)
        try blob.digest().check(sealed.digest, of: "blob \(sealed.digest.hex.prefix(12)), coded,")
    }

    /// Puts coded blobs in the place of those that are stored as they are.
    func switchToCoded(_ blobs: [SealedCodedBlob]) throws {
        guard !blobs.isEmpty else { return }
        try catalog.pin(blobs.map(\.digest) + blobs.compactMap(\.base), for: job)
        try store.publish(blobs)
        do {
            try catalog.recode(
                blobs.map {
                    BlobRecoding($0.digest, as: .coded(storedByteCount: $0.storedByteCount, base: $0.base))
                })
        } catch {
            for blob in blobs { try store.removeCoded(blob.digest) }
            throw error
        }
        for blob in blobs { try store.removeRaw(blob.digest) }
    }

    /// Puts blobs that are stored as they are in the place of coded ones.
    func switchToRaw(_ blobs: [SealedBlob]) throws {
        guard !blobs.isEmpty else { return }
        try catalog.pin(blobs.map(\.digest), for: job)
        try store.restore(blobs)
        do {
            try catalog.recode(blobs.map { BlobRecoding($0.digest, as: .raw) })
        } catch {
            for blob in blobs { try store.removeRaw(blob.digest) }
            throw error
        }
        for blob in blobs { try store.removeCoded(blob.digest) }
    }
}

extension ModelRegistry {
    static let codingVerb = "compress"

    /// Waits until no other process changes how blobs are held: the one that came first goes first.
    /// - Throws: `RegistryError` when that takes too long, `CancellationError` when the task is cancelled.
    func waitForOtherCoding(than job: Int64) throws {
        let start = ContinuousClock.now
        var told: Int64?
        while true {
            let other = try catalog.runningJobs().first { other in
                other.verb == Self.codingVerb && other.id < job && other.process.state != .gone
            }
            guard let other else { return }
            let waited = start.duration(to: .now)
            let words = "process \(other.process.number), which is compressing or restoring '\(other.subject)'"
            guard waited < catalog.waiting.patience else {
                throw RegistryError(
                    "waited for longer than \(catalog.waiting.patience) for \(words)",
                    remedy: "Try again when it has finished, or wait longer with --wait")
            }
            if waited >= Waiting.silence, told != other.id {
                catalog.waiting.tell?("waiting for \(words)")
                told = other.id
            }
            try Task.checkCancellation()
            usleep(100_000)
        }
    }

    /// Where an act that changes how blobs are held was killed, removes the files that do not count.
    func tidyAbandonedCoding() throws {
        for (job, digests) in try catalog.abandonedPins(of: Self.codingVerb) {
            for (digest, coding) in try catalog.codings(of: digests) {
                if coding.isCoded { try store.removeRaw(digest) } else { try store.removeCoded(digest) }
            }
            try catalog.finishJob(job, as: .interrupted)
        }
    }

    /// Lets blobs stand alone that are differences from what no artifact is made of any more, and forgets that.
    func rebaseDifferences() throws {
        let digests = try catalog.differencesFromForgotten()
        guard !digests.isEmpty else { return }
        let job = try catalog.beginJob(Self.codingVerb, subject: "bases that were removed")
        let area = try StagingArea(in: store, name: "job-\(job)")
        let outcome = Result {
            try waitForOtherCoding(than: job)
            let recoder = BlobRecoder(store: store, catalog: catalog, kernels: kernels, area: area, job: job)
            for digest in digests {
                let words = try store.codedBlob(of: digest, cache: ChunkCache(byteCount: 0)).header.words
                let raw = try recoder.decode(digest)
                try recoder.switchToRaw([raw])
                let item = CompressionPlan.Item(
                    digest: digest, byteCount: raw.byteCount, words: words, base: nil, isCoded: false)
                if let sealed = try recoder.code(item, effort: .auto) { try recoder.switchToCoded([sealed]) }
            }
            try catalog.forgetSpareBases()
        }
        try area.discard()
        switch outcome {
        case .success: try catalog.finishJob(job, as: .done)
        case .failure: try catalog.finishJob(job, as: .failed)
        }
        try outcome.get()
    }
}
