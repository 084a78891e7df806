/// Migration "v6-keeping": manifests beside the catalog that are to be written, and variants that were derived again
/// from their parents and came out the same.
enum Version6Keeping {
    /// A row comes with the change that it stands for, in one transaction, and goes when the manifest is durable.
    static let manifests = """
        CREATE TABLE manifest_due (
            -- Manifests that do not say any more, or not yet, what the catalog says.
            kind TEXT NOT NULL CHECK (kind IN ('artifact', 'results', 'exports', 'names')),
            digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*' OR digest = ''),
            PRIMARY KEY (kind, digest),
            CHECK ((kind = 'names') = (digest = ''))
        ) STRICT, WITHOUT ROWID;
        INSERT INTO manifest_due SELECT 'artifact', digest FROM artifact;
        INSERT INTO manifest_due SELECT DISTINCT 'results', artifact_digest FROM result;
        INSERT INTO manifest_due SELECT DISTINCT 'exports', artifact_digest FROM export;
        INSERT INTO manifest_due SELECT 'names', '' WHERE EXISTS (SELECT 1 FROM model);
        """

    /// Where and when a derivation was done again, with the same bytes as result.
    static let proofs = """
        ALTER TABLE derivation ADD COLUMN proven_at TEXT CHECK (proven_at GLOB '????-??-??T??:??:??Z');
        ALTER TABLE derivation ADD COLUMN proven_version TEXT CHECK (proven_version <> '');
        -- What the parent was called then: GGUF files say it.
        ALTER TABLE derivation ADD COLUMN proven_name TEXT CHECK (proven_name <> '');
        """

    /// The view of "v1", with the column that came since at its end.
    static let lineage =
        "DROP VIEW lineage;\n"
        + String(Version1Views.history.split(separator: "CREATE VIEW result_summary", maxSplits: 1).first ?? "")
        .replacing(
            "dp.parent_digest AS parent_digest",
            with: "dp.parent_digest AS parent_digest,\n    d.proven_at AS proven_at")

    /// Marks the manifests that a change concerns, whichever act makes it.
    static let triggers = artifactTriggers + nameTriggers + factTriggers

    private static let artifactTriggers =
        trigger("artifact_insert", "INSERT ON artifact", "'artifact', NEW.digest")
        + trigger("artifact_update", "UPDATE ON artifact", "'artifact', NEW.digest")
        + trigger("artifact_delete", "DELETE ON artifact", "'artifact', OLD.digest")
        + ["INSERT", "UPDATE", "DELETE"].map { event in
            let row = event == "DELETE" ? "OLD" : "NEW"
            return trigger(
                "derivation_\(event.lowercased())", "\(event) ON derivation",
                "'artifact', a.digest FROM artifact AS a WHERE a.id = \(row).child_id")
        }.joined()
        + ["INSERT", "DELETE"].map { event in
            let row = event == "DELETE" ? "OLD" : "NEW"
            return trigger(
                "blob_reference_\(event.lowercased())", "\(event) ON blob_reference",
                """
                'artifact', a.digest FROM artifact_blob AS ab JOIN artifact AS a ON a.id = ab.artifact_id
                        WHERE ab.blob_id = \(row).blob_id
                """)
        }.joined()

    private static let nameTriggers = ["model", "tag", "version", "tag_move", "setting"].map { table in
        // What may never change or go has a trigger that says so.
        let events =
            switch table {
            case "tag_move": ["INSERT"]
            case "version": ["INSERT", "DELETE"]
            default: ["INSERT", "UPDATE", "DELETE"]
            }
        return events.map { trigger("\(table)_\($0.lowercased())", "\($0) ON \(table)", "'names', ''") }.joined()
    }.joined()

    private static let factTriggers = ["result", "export"].map { table in
        trigger("\(table)_insert", "INSERT ON \(table)", "'\(table)s', NEW.artifact_digest")
            + trigger("\(table)_update", "UPDATE ON \(table)", "'\(table)s', NEW.artifact_digest")
            + trigger("\(table)_delete", "DELETE ON \(table)", "'\(table)s', OLD.artifact_digest")
    }.joined()

    private static func trigger(_ name: String, _ event: String, _ values: String) -> String {
        """
        CREATE TRIGGER manifest_due_\(name) AFTER \(event) BEGIN
            INSERT OR IGNORE INTO manifest_due SELECT \(values);
        END;

        """
    }
}
