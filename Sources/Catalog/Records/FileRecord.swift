package import Bytes
import GRDB

/// A row of table `file`, with what the file is made of.
package struct FileRecord: Equatable, Sendable {
    package let path: String
    package let digest: Digest
    package let byteCount: Int
    package let role: String
    /// In order; together as long as the file.
    package let segments: [Segment]
}

/// A row of table `blob`, with where its bytes are.
package struct BlobRecord: Equatable, Sendable {
    package enum Storage: Equatable, Sendable {
        /// In the store, byte for byte.
        case raw
        /// In the store, compressed.
        case coded
        /// Not in the store: its artifact can be derived again.
        case evicted
        /// In files elsewhere: any of these, as long as it has not changed.
        case references([BlobReference])
    }

    package let digest: Digest
    package let byteCount: Int
    package let storage: Storage
}

/// A row of table `blob_reference`: a file elsewhere, and its state when it was read.
package struct BlobReference: Equatable, Sendable {
    package let path: String
    package let identity: FileIdentity
}

extension Segment: FetchableRecord {
    init(row: Row) throws {
        blob = try row.digest("blob")
        blobOffset = try row.integer("blob_offset")
        byteCount = try row.integer("byte_count")
    }
}

extension BlobReference: FetchableRecord {
    init(row: Row) throws {
        path = try row.text("path")
        identity = FileIdentity(
            device: try row.decode(Int64.self, forColumn: "device"),
            inode: try row.decode(Int64.self, forColumn: "inode"),
            byteCount: try row.decode(Int64.self, forColumn: "byte_count"),
            modifiedAt: try row.decode(Int64.self, forColumn: "modified_at_ns"))
    }
}
