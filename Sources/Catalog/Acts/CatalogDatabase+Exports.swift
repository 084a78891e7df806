import Bytes
import GRDB

extension CatalogDatabase {
    /// Notes an export that was done.
    package func add(_ export: ExportDraft) throws {
        try write { database in
            let id = try database.insert(
                """
                INSERT INTO export (
                    artifact_digest, format, destination, options, exported_digest, byte_count, tool_version, exported_at
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    export.artifact.hex, export.format, export.destination, export.options, export.exportedDigest.hex,
                    export.byteCount, export.toolVersion, Timestamp.now().text,
                ])
            for tensor in export.tensors {
                try database.run(
                    """
                    INSERT INTO export_tensor (
                        export_id, name, outcome, reason, from_type, to_type, overflow_count, underflow_count,
                        subnormal_count, nan_count, infinity_count
                    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    [
                        id, tensor.name, tensor.outcome.rawValue, tensor.reason, tensor.fromType, tensor.toType,
                        tensor.overflowCount, tensor.underflowCount, tensor.subnormalCount, tensor.nanCount,
                        tensor.infinityCount,
                    ])
            }
        }
    }
}
