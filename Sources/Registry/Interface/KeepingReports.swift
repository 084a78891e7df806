// What the acts that keep the store sound and small report.

/// What `verify` found.
public struct VerifyReport: Codable, Sendable {
    public var artifactCount: Int
    /// Blobs that were read.
    public var blobCount: Int
    /// Bytes that were read.
    public var bytes: Int
    public var damage: [Damage]
    public var seconds: Double
    /// `all`, `sample` or `since`.
    public var selection = "all"
    /// What a sample was drawn with; nil for others.
    public var seed: Int?
    /// Blobs that were left out: verified lately, or not drawn.
    public var skippedBlobs = 0
    /// Blobs without bytes, which come back from their parents.
    public var evictedBlobs = 0
    /// Whether the catalog has noted what was found.
    public var isRecorded = false
    public var notes: [String] = []

    /// Bytes that are not what their digest says.
    public struct Damage: Codable, Sendable {
        public var blob: String
        /// `missing`, `changed` or `unreadable`, in words.
        public var problem: String
        /// The artifacts that need it.
        public var artifacts: [String]
        /// The files and tensors that lie in it.
        public var places: [String]
    }
}

/// What came of deriving a variant again.
public struct RederiveReport: Codable, Sendable {
    /// `proven`, or `differs`.
    public var outcome: String
    public var name: String
    public var digest: String
    public var parent: String
    public var parentDigest: String
    public var recipeDigest: String
    /// The digest of what came out; that of the variant when it is proven.
    public var foundDigest: String
    public var files: [File]
    public var seconds: Double
    public var notes: [String]

    /// A file of either.
    public struct File: Codable, Sendable {
        public var path: String
        /// Of the variant's file; nil when it has none of this path.
        public var digest: String?
        /// Of the file that came out; nil when there is none.
        public var foundDigest: String?
    }
}

/// What `repair` did.
public struct RepairReport: Codable, Sendable {
    /// Blobs that were known to be damaged, or not there, before.
    public var suspectCount: Int
    public var mended: [Mended]
    public var unmended: [Unmended]
    /// Blobs whose bytes turned out to be right.
    public var soundCount: Int
    public var notes: [String]
    public var seconds: Double

    /// A blob that is right again.
    public struct Mended: Codable, Sendable {
        public var blob: String
        public var bytes: Int
        /// Where the bytes came from, in words.
        public var source: String
        /// The artifacts that need it.
        public var artifacts: [String]
        /// The files and tensors that lie in it.
        public var places: [String]
    }

    /// A blob that is still damaged.
    public struct Unmended: Codable, Sendable {
        public var blob: String
        public var problem: String
        public var artifacts: [String]
        public var places: [String]
        /// What would help.
        public var help: String
    }
}

/// What `repair --catalog` did.
public struct CatalogRepairReport: Codable, Sendable {
    public var artifactCount: Int
    public var nameCount: Int
    public var resultCount: Int
    public var blobCount: Int
    /// Manifests that could not be used.
    public var damagedManifests: [DamagedManifest]
    /// Blobs that manifests name and the store does not hold.
    public var missingBlobs: [String]
    /// Names whose artifact has no manifest.
    public var lostNames: [String]
    /// Where the old catalog lies now; nil when there was none.
    public var oldCatalog: String?
    public var notes: [String]
    public var seconds: Double

    /// A manifest that could not be used.
    public struct DamagedManifest: Codable, Sendable {
        public var file: String
        public var problem: String
    }
}

/// What `gc` removed, or would remove.
public struct CollectReport: Codable, Sendable {
    /// Whether nothing was done.
    public var isDryRun: Bool
    /// All that goes, with the reason.
    public var items: [Item]
    public var artifactCount: Int
    public var blobCount: Int
    /// Bytes on the disk that are given back.
    public var freedBytes: Int
    /// Artifacts that the rules let go and that stay nevertheless.
    public var protected: [Protected]
    public var notes: [String]
    public var seconds: Double

    /// Something that goes.
    public struct Item: Codable, Sendable {
        /// `artifact`, `blob`, `incoming` or `job`.
        public var kind: String
        /// A label, a digest, a path or a number.
        public var name: String
        public var reason: String
        /// An artifact's are those of its blobs, and not counted twice.
        public var bytes: Int
    }

    /// An artifact that stays although the rules let it go.
    public struct Protected: Codable, Sendable {
        public var name: String
        public var digest: String
        public var reason: String
    }
}

/// What `evict` did.
public struct EvictReport: Codable, Sendable {
    public var variants: [Variant]
    public var freedBytes: Int
    public var notes: [String]
    public var seconds: Double

    /// A variant whose bytes have gone, or come back.
    public struct Variant: Codable, Sendable {
        /// `evicted`, `rebuilt` or `unchanged`.
        public var outcome: String
        public var name: String
        public var digest: String
        public var parent: String
        public var blobs: Int
        /// Bytes that were freed, or are in the store again.
        public var bytes: Int
        /// Whether the derivation was done again with the same result, now or before.
        public var isProven: Bool
    }
}

/// What `home` shows.
public struct HomeReport: Codable, Sendable {
    public var home: String
    public var artifactCount: Int
    public var blobCount: Int
    /// Bytes that blobs take in the store.
    public var storedBytes: Int
    /// Bytes of all files of all artifacts.
    public var logicalBytes: Int
    public var evictedBlobs: Int
    public var evictedBytes: Int
    public var referencedBlobs: Int
    public var damagedBlobs: Int
    public var unverifiedBlobs: Int
    /// When the blob was verified whose verification lies furthest back; nil when none was.
    public var oldestVerification: String?
    /// The most bytes that blobs may take; nil for no limit.
    public var maxBytes: Int?
    /// Free bytes on the file system; nil when it does not tell.
    public var freeBytes: Int?
}

/// What `backup` did.
public struct BackupReport: Codable, Sendable {
    /// `written` or `restored`.
    public var outcome: String
    public var file: String
    public var artifactCount: Int
    public var blobCount: Int
    /// Of the backup's file.
    public var bytes: Int
    /// Of the catalog in it.
    public var catalogDigest: String
    public var madeAt: String
    public var toolVersion: String
    /// Where blobs were copied to; nil when none were.
    public var blobFolder: String?
    /// Blobs that were copied now.
    public var copiedBlobs: Int
    /// Blobs that the restored catalog names and the home does not hold.
    public var missingBlobs: Int
    /// Where the old catalog lies now; nil when there was none.
    public var oldCatalog: String?
    public var notes: [String]
    public var seconds: Double
}
