import Bytes
import GRDB

/// What a manifest tells of.
enum ManifestSubject: Hashable, Sendable {
    /// An artifact with its files, tensors and derivations.
    case artifact(Digest)
    /// What was measured of an artifact, which may be forgotten, and what was noted of it.
    case results(Digest)
    /// Exports of an artifact, which may be forgotten.
    case exports(Digest)
    /// All names with their history, and the home's settings.
    case names

    /// Nil for a text that `kind` and `digest` do not give.
    init?(kind: String, digest: String) {
        switch (kind, Digest(hex: digest)) {
        case ("artifact", let digest?): self = .artifact(digest)
        case ("results", let digest?): self = .results(digest)
        case ("exports", let digest?): self = .exports(digest)
        case ("names", nil): self = .names
        default: return nil
        }
    }

    /// Nil for a file that is no manifest.
    init?(fileName: String) {
        let parts = fileName.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 2 where fileName == Self.names.fileName: self = .names
        case 2 where parts[1] == Self.suffix: self.init(kind: "artifact", digest: parts[0])
        case 3 where parts[2] == Self.suffix && parts[1] != "artifact": self.init(kind: parts[1], digest: parts[0])
        default: return nil
        }
    }

    private static let suffix = "jsonl"

    var kind: String {
        switch self {
        case .artifact: "artifact"
        case .results: "results"
        case .exports: "exports"
        case .names: "names"
        }
    }

    /// Empty for names.
    var digest: String {
        switch self {
        case .artifact(let digest), .results(let digest), .exports(let digest): digest.hex
        case .names: ""
        }
    }

    /// `DIGEST.jsonl`, `DIGEST.results.jsonl`, `names.jsonl`.
    var fileName: String {
        switch self {
        case .artifact(let digest): "\(digest.hex).\(Self.suffix)"
        case .names: "names.\(Self.suffix)"
        default: "\(digest).\(kind).\(Self.suffix)"
        }
    }

    /// Whose rows it holds: tables in the order in which they can be filled, each with its query.
    var tables: [(name: String, sql: String)] {
        switch self {
        case .artifact:
            let own = "FROM artifact AS a JOIN"
            return [
                ("artifact", "SELECT a.* FROM artifact AS a WHERE a.digest = ?1"),
                (
                    "blob",
                    """
                    SELECT b.id, b.digest, b.byte_count, b.storage \(own) artifact_blob AS ab ON ab.artifact_id = a.id
                    JOIN blob AS b ON b.id = ab.blob_id WHERE a.digest = ?1 ORDER BY b.id
                    """
                ),
                (
                    "blob_reference",
                    """
                    SELECT r.* \(own) artifact_blob AS ab ON ab.artifact_id = a.id
                    JOIN blob_reference AS r ON r.blob_id = ab.blob_id WHERE a.digest = ?1 ORDER BY r.blob_id, r.path
                    """
                ),
                ("file", "SELECT f.* \(own) file AS f ON f.artifact_id = a.id WHERE a.digest = ?1 ORDER BY f.id"),
                (
                    "segment",
                    """
                    SELECT s.* \(own) file AS f ON f.artifact_id = a.id JOIN segment AS s ON s.file_id = f.id
                    WHERE a.digest = ?1 ORDER BY s.file_id, s.ordinal
                    """
                ),
                ("tensor", "SELECT t.* \(own) tensor AS t ON t.artifact_id = a.id WHERE a.digest = ?1 ORDER BY t.id"),
                (
                    "derivation",
                    "SELECT d.* \(own) derivation AS d ON d.child_id = a.id WHERE a.digest = ?1 ORDER BY d.id"
                ),
                (
                    "derivation_parent",
                    """
                    SELECT p.derivation_id, p.role, p.parent_digest \(own) derivation AS d ON d.child_id = a.id
                    JOIN derivation_parent AS p ON p.derivation_id = d.id WHERE a.digest = ?1
                    ORDER BY p.derivation_id, p.role, p.parent_digest
                    """
                ),
                (
                    "tensor_error",
                    """
                    SELECT e.* \(own) tensor AS t ON t.artifact_id = a.id JOIN tensor_error AS e ON e.tensor_id = t.id
                    WHERE a.digest = ?1 ORDER BY e.tensor_id, e.derivation_id
                    """
                ),
            ]
        case .results:
            return [
                ("result", "SELECT * FROM result WHERE artifact_digest = ?1 ORDER BY id"),
                ("note", "SELECT * FROM note WHERE artifact_digest = ?1 ORDER BY id"),
            ]
        case .exports:
            return [
                ("export", "SELECT * FROM export WHERE artifact_digest = ?1 ORDER BY id"),
                (
                    "export_tensor",
                    """
                    SELECT t.* FROM export AS e JOIN export_tensor AS t ON t.export_id = e.id
                    WHERE e.artifact_digest = ?1 ORDER BY t.export_id, t.name
                    """
                ),
            ]
        case .names:
            return [
                ("model", "SELECT * FROM model WHERE ?1 = '' ORDER BY id"),
                (
                    "tag",
                    """
                    SELECT t.model_id, t.name, a.digest AS artifact_digest, t.moved_at
                    FROM tag AS t JOIN artifact AS a ON a.id = t.artifact_id WHERE ?1 = '' ORDER BY t.model_id, t.name
                    """
                ),
                (
                    "version",
                    """
                    SELECT v.model_id, v.number, a.digest AS artifact_digest
                    FROM version AS v JOIN artifact AS a ON a.id = v.artifact_id WHERE ?1 = ''
                    ORDER BY v.model_id, v.number
                    """
                ),
                ("tag_move", "SELECT * FROM tag_move WHERE ?1 = '' ORDER BY id"),
                ("setting", "SELECT * FROM setting WHERE ?1 = '' ORDER BY name"),
            ]
        }
    }
}
