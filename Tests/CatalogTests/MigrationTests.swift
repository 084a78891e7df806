import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("Migrations") struct MigrationTests {
    /// A catalog as version 3 left it, with a variant of two tensors and their errors.
    private static func version3(_ folder: TemporaryFolder) throws {
        let queue = try DatabaseQueue(path: folder.catalogPath)
        try CatalogSchema.migrator.migrate(queue, upTo: "v3")
        let digest = { (text: String) in Digest(of: text).hex }
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO artifact (id, digest, kind, origin, scheme, format, parameter_count, logical_byte_count,
                        weight_byte_count, created_at)
                    VALUES (1, '\(digest("base"))', 'checkpoint', 'imported', 'bf16', 'safetensors', 2, 4, 4,
                            '2026-01-01T00:00:00Z'),
                        (2, '\(digest("nf4"))', 'quantized', 'derived', 'bnb-nf4', 'safetensors', 2, 1, 1,
                            '2026-01-01T00:00:00Z');
                    INSERT INTO blob VALUES (3, '\(digest("stored"))', 1, 'raw', 1),
                        (4, '\(digest("elsewhere"))', 9, 'reference', 0);
                    INSERT INTO blob_reference VALUES (4, '/elsewhere', 1, 2, 9, 3);
                    INSERT INTO artifact_blob VALUES (2, 3), (2, 4);
                    INSERT INTO file (id, artifact_id, path, digest, byte_count, role)
                    VALUES (1, 2, 'model.safetensors', '\(digest("file"))', 1, 'weights');
                    INSERT INTO segment VALUES (1, 0, 3, 0, 1);
                    INSERT INTO tensor (id, artifact_id, file_id, position, name, dtype, shape, element_count,
                        byte_offset, byte_count, digest, parameter_count)
                    VALUES (1, 2, 1, 0, 'a', 'U8', '[1]', 1, 0, 1, '\(digest("a"))', 1),
                        (2, 2, 1, 1, 'b', 'U8', '[1]', 1, 0, 1, '\(digest("b"))', 1);
                    INSERT INTO derivation (id, child_id, created_at, relative_rmse)
                    VALUES (1, 2, '2026-01-01T00:00:00Z', 0.1);
                    INSERT INTO derivation_parent VALUES (1, 'base', '\(digest("base"))', 1);
                    INSERT INTO tensor_error VALUES (1, 1, 1, 100, 0.1, 0.99, 20, 0.5);
                    """)
        }
        try queue.close()
    }

    @Test("keep what a catalog of version 3 holds, and leave NULL what it did not count") func fromVersion3() throws {
        let folder = try TemporaryFolder()
        try Self.version3(folder)
        let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        let tensors = try catalog.tensors(of: Digest(of: "nf4")).map(\.tensor)
        #expect(tensors.map(\.name) == ["a", "b"])
        #expect(
            tensors.map(\.error) == [
                TensorError(squaredError: 1, squaredReference: 100, cosine: 0.99, maximumError: 0.5), nil,
            ])
        let summary = try #require(try catalog.summaries(of: Digest(of: "nf4")).first)
        #expect(summary.relativeRMSE == 0.1)
        #expect(summary.weightedRelativeRMSE == nil)
        let elsewhere = BlobReference(
            path: "/elsewhere", identity: FileIdentity(device: 1, inode: 2, byteCount: 9, modifiedAt: 3))
        let blobs = try catalog.blobs(of: Digest(of: "nf4"))
        #expect(blobs.first { $0.digest == Digest(of: "stored") }?.storage == .raw)
        #expect(blobs.first { $0.digest == Digest(of: "elsewhere") }?.storage == .references([elsewhere]))
        #expect(try catalog.files(of: Digest(of: "nf4")).flatMap(\.segments).map(\.blob) == [Digest(of: "stored")])
        let rows = try catalog.queue.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name || ' ' || coalesce(rel_rmse, '-') || ' ' || coalesce(share_zero, '-') || ' '
                        || coalesce(share_clipped, '-') || ' ' || coalesce(weighted_rel_rmse, '-')
                    FROM tensor_summary ORDER BY position
                    """)
        }
        #expect(rows == ["a 0.1 - - -", "b - - - -"])
    }

    @Test("of a catalog that is read only are made when something is written first") func readOnly() throws {
        let folder = try TemporaryFolder()
        try Self.version3(folder)
        _ = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
        #expect(try CatalogDatabase(path: folder.catalogPath, access: .readOnly).summaries().count == 2)
    }
}
