import GRDB

/// Why the catalog did not do what was asked: what is wrong, and what its user can do.
package struct CatalogError: Error, Equatable, Sendable {
    /// The kind of fault, for callers that branch.
    package enum Code: String, Sendable {
        /// There is no catalog at the path.
        case missing
        /// The file is not a catalog of Ingot.
        case notACatalog
        /// A later version of Ingot has changed the catalog.
        case tooNew
        /// The catalog, or its folder, cannot be written.
        case notWritable
        /// Another process kept writing for longer than the catalog waits.
        case busy
        /// A name that the grammar does not allow.
        case badName
        /// No artifact has this name or digest.
        case unknownName
        /// A digest prefix that several artifacts begin with.
        case ambiguous
        /// The name belongs to other bytes.
        case nameTaken
        /// Other artifacts were made from this one.
        case hasChildren
        /// What was handed in contradicts itself or the catalog.
        case inconsistent
        /// The disk is full.
        case full
        /// The file is damaged, or SQLite refused for another reason.
        case failed
    }

    /// The kind of fault.
    package var code: Code
    /// What is wrong; no final period.
    package var problem: String
    /// What to do; no final period.
    package var remedy: String

    package init(_ code: Code, _ problem: String, remedy: String) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }
}

extension CatalogError: CustomStringConvertible {
    /// `problem. Remedy.`
    package var description: String { "\(problem). \(remedy)." }
}

extension CatalogError {
    /// What helps when the file is damaged.
    static let damageRemedy =
        "Make it again with 'ingot repair --catalog', or put a backup back with 'ingot backup --restore FILE --force'"

    /// What SQLite said, in the words of someone who holds the catalog at `path`.
    init(_ error: DatabaseError, path: String) {
        let said = error.message ?? "error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .busy, "another ingot is writing to \(path)", remedy: "Wait until it has finished, then try again")
        case .SQLITE_FULL:
            self.init(.full, "no space is left for \(path)", remedy: "Free some space there, then try again")
        case .SQLITE_READONLY:
            self.init(
                .notWritable, "\(path) cannot be written: \(said)",
                remedy: "Check the permissions of the file and of its folder")
        case .SQLITE_CANTOPEN:
            self.init(
                .notWritable, "\(path) cannot be opened: \(said)",
                remedy: "Check the path and the permissions of the file and of its folder")
        case .SQLITE_NOTADB:
            self.init(.notACatalog, "\(path) is not an SQLite database", remedy: "Check --home")
        case .SQLITE_CONSTRAINT:
            self.init(
                .inconsistent, "the catalog at \(path) refuses what it was given: \(said)",
                remedy: "Report it together with the command")
        case .SQLITE_CORRUPT:
            self.init(
                .failed, "\(path) is damaged: \(said)", remedy: Self.damageRemedy)
        default:
            self.init(.failed, "\(path): \(said)", remedy: "Try again; if it stays, check the disk")
        }
    }
}
