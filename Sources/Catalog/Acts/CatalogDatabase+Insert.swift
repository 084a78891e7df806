import Bytes
import GRDB

/// What came of an insertion.
package struct Insertion: Sendable {
    package enum Outcome: Sendable {
        /// The artifact is new.
        case added
        /// The same artifact was there before; it may have got a name or a derivation.
        case known
        /// The same artifact was there by reference to files elsewhere; now its bytes are in the store.
        case adopted
    }

    package let artifact: ArtifactRecord
    package let outcome: Outcome
    /// Whether the artifact was there with other tensors or facts, which gave way to what is found in its files now.
    package let isReread: Bool
    /// Bytes that the draft's blobs have and no artifact needs: the store has the same files in other pieces.
    package let spareByteCount: Int
    /// What became of the name, when one was asked for.
    package let name: NameChange?
}

extension CatalogDatabase {
    /// Names everything in `draft` in one transaction, and ends `job`.
    ///
    /// All blobs of the draft lie in the store (or where their reference says), synced, and are pinned by `job`.
    /// An artifact with the same digest is not inserted again: only its name and derivation are added, and its bytes
    /// where it had references and the draft has none. Where the draft tells other tensors or facts of it, read from
    /// the same bytes, these replace what was known. What `job` has pinned and nothing names goes to `removal`.
    /// - Throws: `CatalogError` `nameTaken`, or `inconsistent` when the draft contradicts itself; then nothing changed.
    package func insert(
        _ draft: ArtifactDraft, naming: Naming? = nil, finishing job: Int64? = nil, at now: Timestamp = .now()
    ) throws -> Insertion {
        try draft.check()
        return try write { database in
            let writer = ArtifactWriter(database: database, draft: draft, now: now)
            let done = try writer.insert()
            if let derivation = draft.derivation { try writer.insert(derivation, of: done.id) }
            let change = try naming.map { naming in
                try NameWriter(database: database, now: now).give(naming, to: done.id, draft.digest, as: .registration)
            }
            if let job { _ = try JobWriter(database: database).finish(job, as: .done, at: now) }
            return Insertion(
                artifact: try Self.artifact(database, id: done.id), outcome: done.outcome, isReread: done.isReread,
                spareByteCount: done.spareByteCount, name: change)
        }
    }
}

extension ArtifactDraft {
    /// - Throws: `CatalogError` `inconsistent` when files, segments, blobs and errors do not fit together.
    func check() throws(CatalogError) {
        var blobByteCounts: [Digest: Int] = [:]
        for blob in blobs {
            guard blobByteCounts.updateValue(blob.byteCount, forKey: blob.digest) == nil else {
                throw Self.fault("blob \(blob.digest) is listed twice")
            }
        }
        for file in files {
            var byteCount = 0
            for segment in file.segments {
                guard let room = blobByteCounts[segment.blob] else {
                    throw Self.fault("\(file.path) is made of blob \(segment.blob), which is not listed")
                }
                guard segment.blobOffset >= 0, segment.byteCount > 0, segment.byteCount <= room - segment.blobOffset
                else {
                    throw Self.fault("\(file.path) takes bytes that blob \(segment.blob) does not have")
                }
                byteCount += segment.byteCount
            }
            guard byteCount == file.byteCount else {
                throw Self.fault("\(file.path) has \(file.byteCount) bytes, its segments \(byteCount)")
            }
            for tensor in file.tensors where tensor.error != nil && derivation == nil {
                throw Self.fault("tensor '\(tensor.name)' has an error, but the artifact no parent")
            }
        }
    }

    static func fault(_ problem: String) -> CatalogError {
        CatalogError(.inconsistent, problem, remedy: "Report it together with the command")
    }
}
