/// What `doctor` found: where everything is, how it is kept, and what is wrong.
public struct DoctorReport: Codable, Sendable {
    public var home: String
    public var toolVersion: String
    /// `local`, or the kind of a file system that other machines may write to, such as `NFS`.
    public var fileSystem: String
    /// Whether this user may write to the home.
    public var isWritable: Bool
    /// The instructions that the kernels use: `portable`, `avx2` or `avx512`.
    public var instructions: String
    /// Nil when the catalog cannot be opened, or there is none yet.
    public var catalog: Catalog?
    /// What is stored; nil without a catalog.
    public var store: HomeReport?
    /// What keeps something from working, worst first.
    public var faults: [Finding]
    /// What is worth knowing.
    public var notes: [Finding]

    /// The catalog's file.
    public struct Catalog: Codable, Sendable {
        public var bytes: Int
        /// Of the write-ahead log; nil without one.
        public var logBytes: Int?
        public var journalMode: String
        public var schemaVersion: String
        public var sqliteVersion: String
        /// Version of the public views.
        public var interfaceVersion: Int
        /// `quick` or `deep`: how thoroughly it was looked over.
        public var check: String
        /// Bytes of the tensors' rows; nil where SQLite does not tell, as the next two.
        public var tensorBytes: Int?
        /// Bytes of the full-text search.
        public var searchBytes: Int?
        /// Bytes of training runs.
        public var runBytes: Int?
    }

    /// One thing that was found.
    public struct Finding: Codable, Sendable {
        /// What it is, with names and numbers.
        public var what: String
        /// What to do about it; nil: nothing need be done.
        public var remedy: String?
    }
}
