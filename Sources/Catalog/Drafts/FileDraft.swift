package import Bytes

/// One stored byte string, or a file that stays where its owner put it.
package struct BlobDraft: Equatable, Sendable {
    package enum Storage: Equatable, Sendable {
        /// Its own file in the store, byte for byte.
        case raw
        /// A whole file elsewhere, in the state that was read; its path is absolute.
        case reference(path: String, identity: FileIdentity)
    }

    package var digest: Digest
    package var byteCount: Int
    package var storage: Storage

    package init(digest: Digest, byteCount: Int, storage: Storage = .raw) {
        self.digest = digest
        self.byteCount = byteCount
        self.storage = storage
    }
}

/// A run of bytes of a blob, which is the next piece of a file.
package struct Segment: Equatable, Sendable {
    package var blob: Digest
    package var blobOffset: Int
    package var byteCount: Int

    package init(blob: Digest, blobOffset: Int, byteCount: Int) {
        self.blob = blob
        self.blobOffset = blobOffset
        self.byteCount = byteCount
    }
}

/// One file of an artifact.
package struct FileDraft: Sendable {
    /// Relative to the artifact, with `/` between folders.
    package var path: String
    package var digest: Digest
    package var byteCount: Int
    /// What the file is for, such as `weights`, `config` or `tokenizer`.
    package var role: String
    /// What the file is made of, in order; together as long as the file.
    package var segments: [Segment]
    /// In the order of the file.
    package var tensors: [TensorDraft]

    /// The folder that it lies in; empty for the artifact's own.
    package var folder: String { Self.folder(of: path) }

    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    package init(
        path: String, digest: Digest, byteCount: Int, role: String, segments: [Segment], tensors: [TensorDraft] = []
    ) {
        self.path = path
        self.digest = digest
        self.byteCount = byteCount
        self.role = role
        self.segments = segments
        self.tensors = tensors
    }
}
