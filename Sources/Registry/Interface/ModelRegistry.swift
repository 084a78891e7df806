import Blobs
package import Bytes
import Catalog
import Tensors

/// A store of models and its catalog, in one folder: the way into Ingot.
///
/// Each act is one method, in a file of its own. Values are safe to share; several processes may use one home at once.
public struct ModelRegistry: Sendable {
    /// What acts may do with the home.
    public enum Access: Sendable {
        /// Everything; the home is made when there is none.
        case readWrite
        /// Only look and export; works where nothing can be written.
        case readOnly
    }

    /// The store's folder.
    public let home: String
    let access: Access
    let store: BlobStore
    let catalog: CatalogDatabase
    let kernels: Kernels

    /// - Parameters:
    ///   - home: the store's folder.
    ///   - access: whether anything will be changed.
    ///   - kernelLevel: `portable`, `avx2` or `avx512`, to force an instruction set; nil takes the best. Results do not
    ///     depend on it.
    /// - Throws: when the home is missing (for reading), cannot be written, or was made by a later version.
    public init(home: String, access: Access, kernelLevel: String? = nil) throws {
        try self.init(home: home, access: access, kernelLevel: kernelLevel, waiting: Waiting())
    }

    /// - Parameter waiting: how long acts wait for other processes that write, and who is told.
    package init(home: String, access: Access, kernelLevel: String? = nil, waiting: Waiting) throws {
        self.home = home
        self.access = access
        store = BlobStore(home: home)
        kernels = try kernelLevel.map { try Self.kernels(levelNamed: $0) } ?? Kernels()
        let catalogPath = home + "/catalog.sqlite"
        // An empty catalog in a lost one's place would explain no blob, and its names would replace the lost ones.
        guard try !Self.isCatalogLost(home) else {
            throw RegistryError(
                "the catalog of \(home) is missing, and its manifests are there",
                remedy: "Make it again with 'ingot repair --catalog'")
        }
        switch access {
        case .readWrite:
            try store.prepare()
            catalog = try CatalogDatabase(path: catalogPath, access: .readWrite, waiting: waiting)
        case .readOnly:
            try Self.checkIsThere(home)
            catalog = try CatalogDatabase(path: catalogPath, access: .readOnly, waiting: waiting)
        }
    }

    /// Brings the catalog of an earlier version of Ingot up to date; earlier versions cannot use it then.
    /// - Throws: when there is no home, or it cannot be written.
    public static func upgrade(home: String) throws {
        try checkIsThere(home)
        _ = try ModelRegistry(home: home, access: .readWrite)
    }

    private static func checkIsThere(_ home: String) throws {
        guard !Folder.exists(home + "/catalog.sqlite") else { return }
        try Folder.checkReadable(home)
        throw RegistryError(
            "there is no Ingot home at \(home)",
            remedy: "Register a model first with 'ingot register PATH', or name another home with --home")
    }

    /// Whether there was a catalog: manifests come after it. Their folder, which is long in a large home, is read only
    /// where no catalog is seen.
    private static func isCatalogLost(_ home: String) throws -> Bool {
        func isMissing() -> Bool {
            ["", "-wal"].allSatisfy { (FileIdentity(path: home + "/catalog.sqlite" + $0)?.byteCount ?? 0) == 0 }
        }
        let manifests = home + "/manifests"
        guard isMissing(), Folder.isFolder(manifests), try !Folder.entries(of: manifests).isEmpty else { return false }
        // Another process may have made the catalog, and then its first manifest, since the first look.
        return isMissing()
    }

    /// The same registry, with another folder for blobs.
    init(_ other: Self, store: BlobStore) {
        home = other.home
        access = other.access
        catalog = other.catalog
        kernels = other.kernels
        self.store = store
    }

    private static func kernels(levelNamed name: String) throws -> Kernels {
        guard let level = KernelLevel(rawValue: name) else {
            let known = KernelLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError("there is no instruction set '\(name)'", remedy: "Choose one of \(known)")
        }
        return try Kernels(level: level)
    }
}
