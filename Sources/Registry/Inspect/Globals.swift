import Bytes
import Pickles

/// The globals of a file's pickles: the classes and functions that Python would import and could call.
public struct GlobalsReport: Codable, Sendable {
    public var path: String
    /// In the order in which they come, each once.
    public var globals: [Global]
    /// What is wrong with the file and its pickles, and where; a scan goes on behind a fault as far as it can.
    public var remarks: [String]

    /// A class or a function that a pickle names.
    public struct Global: Codable, Sendable {
        /// `module.name`
        public var name: String
        /// Whether it is on the list of those that stand for tensors, containers and numbers.
        public var isAllowed: Bool
        /// The member of the archive that names it; nil for a file that is no archive.
        public var member: String?
        /// Where it is named first, from the start of the file or the member.
        public var byteOffset: Int
        /// How often it is named.
        public var count: Int
    }

    /// How many are not on the list.
    public var unknownCount: Int { globals.count { !$0.isAllowed } }
    /// Whether all are on the list, and nothing is wrong.
    public var isClean: Bool { unknownCount == 0 && remarks.isEmpty }
}

extension ModelRegistry {
    /// Lists the globals of a pickle, of a PyTorch file or of an archive's pickles, without loading anything.
    ///
    /// A file that would be refused is looked through as far as anything can be found in it; `remarks` say what is
    /// wrong.
    /// - Throws: `FileError` when the system refuses to read it, `FormatError` when it ends while it is read.
    public static func globals(in path: String) throws -> GlobalsReport {
        let found: PickleGlobals
        do {
            found = try PickleGlobals.list(of: try OpenFile(path))
        } catch let error as FormatError {
            throw error.within(file: path)
        }
        return GlobalsReport(
            path: path,
            globals: found.occurrences.map { occurrence in
                .init(
                    name: occurrence.global.description, isAllowed: occurrence.isAllowed, member: occurrence.member,
                    byteOffset: occurrence.byteOffset, count: occurrence.count)
            },
            remarks: found.faults.map { "\($0)" })
    }
}
