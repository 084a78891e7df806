import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// What the home holds, and how much it may.
    public func homeReport() throws -> HomeReport {
        let counts = try catalog.storeCounts()
        return HomeReport(
            home: home, artifactCount: counts.artifacts, blobCount: counts.blobs, storedBytes: counts.storedByteCount,
            logicalBytes: try allArtifacts().reduce(0) { $0 + $1.logicalByteCount },
            evictedBlobs: counts.evictedBlobs, evictedBytes: counts.evictedByteCount,
            referencedBlobs: counts.referencedBlobs, damagedBlobs: counts.damagedBlobs,
            unverifiedBlobs: counts.unverifiedBlobs, oldestVerification: counts.oldestVerification?.text,
            maxBytes: try greatestByteCount(), freeBytes: Folder.freeByteCount(at: home))
    }

    /// Decides how many bytes blobs may take in the store; nil takes the limit away. What is there already stays.
    public func setMaxBytes(_ byteCount: Int?) throws {
        if let byteCount, byteCount < 0 {
            throw RegistryError("\(byteCount) is no number of bytes", remedy: "Give 0 or more")
        }
        try catalog.set(.greatestByteCount, to: byteCount.map(String.init))
    }

    func greatestByteCount() throws -> Int? { try catalog.value(of: .greatestByteCount).flatMap { Int($0) } }

    /// Refuses before the work what the limit of the home does not allow.
    /// - Parameter byteCount: what the store would gain.
    func refuseOverQuota(_ byteCount: Int) throws {
        guard let limit = try greatestByteCount() else { return }
        let stored = try catalog.storedByteCount()
        let (sum, isTooMuch) = stored.addingReportingOverflow(byteCount)
        guard isTooMuch || sum > limit, byteCount > 0 else { return }
        throw RegistryError(
            "the home holds \(stored) bytes and may hold \(limit), and \(byteCount) more are needed",
            remedy: try quotaRemedy())
    }

    /// A limit for a job's publisher: what it has published itself has no rows yet.
    func quotaCheck() throws -> (@Sendable (_ published: Int, _ next: Int) throws -> Void)? {
        guard let limit = try greatestByteCount() else { return nil }
        return { published, next in
            let stored = try catalog.storedByteCount()
            guard stored + published + next > limit, next > 0 else { return }
            throw RegistryError(
                "the home holds \(stored + published) bytes and may hold \(limit), and \(next) more are to be written",
                remedy: try quotaRemedy())
        }
    }

    /// What would free space, with how much.
    private func quotaRemedy() throws -> String {
        var words: [String] = []
        var request = CollectRequest()
        request.effect = .report
        let spare = try collect(request).freedBytes
        if spare > 0 { words.append("'ingot gc' would free \(spare) bytes") }
        for candidate in try catalog.evictionCandidates(atMost: 3) {
            words.append("'ingot evict \(candidate.label)' would free \(candidate.byteCount)")
        }
        words.append("'ingot home --max-size' changes the limit")
        let text = words.joined(separator: ", ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
