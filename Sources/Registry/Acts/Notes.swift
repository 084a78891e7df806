import Bytes
import Catalog

/// What `note` did: what is noted of an artifact now.
public struct NoteReport: Codable, Sendable {
    public var name: String
    public var digest: String
    /// Notes that are new.
    public var added: Int
    /// Notes that were taken back.
    public var removed: Int
    /// All notes of the artifact, oldest first.
    public var notes: [ArtifactNote]
}

/// What somebody noted of an artifact.
public struct ArtifactNote: Codable, Sendable {
    /// May have several lines.
    public var text: String
    public var writtenAt: String

    init(_ record: NoteRecord) {
        text = record.text
        writtenAt = record.writtenAt.text
    }
}

extension ModelRegistry {
    /// Notes something of an artifact. Notes stay with the bytes, as results do, also when names move.
    /// - Parameter text: one note, of one or several lines.
    /// - Throws: `RegistryError` for a text that is empty or too long.
    public func addNote(_ text: String, to name: String) throws -> NoteReport {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let trimmed = lines.joined(separator: "\n").replacing("\0", with: " ")
        guard trimmed.contains(where: { !$0.isWhitespace }) else {
            throw RegistryError("the note is empty", remedy: "Give its text, or --remove to take notes back")
        }
        guard trimmed.utf8.count <= CatalogDatabase.longestNote else {
            throw RegistryError(
                "the note has \(trimmed.utf8.count) bytes, at most \(CatalogDatabase.longestNote) are kept",
                remedy: "Keep long texts in the model card, which is searched as well")
        }
        let digest = try artifact(named: name).digest
        let isNew = try catalog.addNote(trimmed, to: digest)
        return try noteReport(of: digest, added: isNew ? 1 : 0)
    }

    /// Takes notes back.
    /// - Parameter text: the note, in full; nil takes all back.
    /// - Throws: `RegistryError` when there is no such note.
    public func removeNotes(_ text: String? = nil, from name: String) throws -> NoteReport {
        let digest = try artifact(named: name).digest
        let count = try catalog.removeNotes(text, of: digest)
        guard count > 0 || text == nil else {
            throw RegistryError(
                "\(try catalog.label(of: digest)) has no note '\(text ?? "")'",
                remedy: "See its notes with 'ingot note \(name)'; give one in full, or none to take all back")
        }
        return try noteReport(of: digest, removed: count)
    }

    /// What is noted of an artifact.
    public func notes(of name: String) throws -> NoteReport { try noteReport(of: try artifact(named: name).digest) }

    private func noteReport(of digest: Digest, added: Int = 0, removed: Int = 0) throws -> NoteReport {
        NoteReport(
            name: try catalog.label(of: digest), digest: digest.hex, added: added, removed: removed,
            notes: try catalog.notes(of: digest).map(ArtifactNote.init))
    }
}
