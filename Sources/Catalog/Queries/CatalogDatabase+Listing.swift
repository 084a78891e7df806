package import Bytes
import GRDB
import Tensors

// Long lists of tensors, read with no more columns than it takes to tell two artifacts apart.

extension CatalogDatabase {
    /// The tensors of an artifact as its model means them, in the order of its files.
    package func listedTensors(of digest: Digest) throws -> [ListedTensor] {
        try read { database in
            guard
                let artifact = try Int64.fetchOne(
                    database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [digest.hex])
            else { return [] }
            let folders = try Self.folders(database, of: artifact)
            var tensors = try Self.wholeTensors(database, of: artifact, folders)
            try Self.addParts(database, of: artifact, to: &tensors.list, at: tensors.places)
            return tensors.list
        }
    }

    /// The files of an artifact, by path.
    package func listedFiles(of digest: Digest) throws -> [ListedFile] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT f.path, f.digest, f.byte_count, f.role
                    FROM artifact AS a JOIN file AS f ON f.artifact_id = a.id WHERE a.digest = ? ORDER BY f.path
                    """, arguments: [digest.hex]
            ).map { row in
                ListedFile(
                    path: try row.text("path"), digest: try row.digest("digest"),
                    byteCount: try row.integer("byte_count"), role: try row.text("role"))
            }
        }
    }

    /// The folder of each file, by the file's number.
    private static func folders(_ database: Database, of artifact: Int64) throws -> [Int64: String] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, path FROM file WHERE artifact_id = ?", arguments: [artifact])
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (try row.decode(Int64.self, forColumn: "id"), FileDraft.folder(of: try row.text("path")))
            })
    }

    /// The tensors that are no parts of others, and where in the list those are that have parts.
    private static func wholeTensors(
        _ database: Database, of artifact: Int64, _ folders: [Int64: String]
    ) throws -> (list: [ListedTensor], places: [Int64: Int]) {
        // The columns are read by their place: by name, a long list takes twice the time.
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, file_id, name, logical_name, dtype, shape, digest, scheme, logical_shape, byte_count
                FROM tensor WHERE artifact_id = ? AND principal_id IS NULL ORDER BY position
                """, arguments: [artifact])
        var list: [ListedTensor] = []
        var places: [Int64: Int] = [:]
        while let row = try rows.next() {
            let name = try row.decode(String.self, atIndex: 2), shape = try row.decode(String.self, atIndex: 5)
            let scheme = try row.decode(String?.self, atIndex: 7)
            if scheme != nil { places[try row.decode(Int64.self, atIndex: 0)] = list.count }
            list.append(
                ListedTensor(
                    name: try row.decode(String?.self, atIndex: 3) ?? name, storedName: name,
                    folder: folders[try row.decode(Int64.self, atIndex: 1)] ?? "",
                    content: .init(
                        dtype: try row.decode(String.self, atIndex: 4), shape: shape,
                        digest: try row.decode(String.self, atIndex: 6), scheme: scheme),
                    logicalShape: try row.decode(String?.self, atIndex: 8) ?? shape,
                    byteCount: try row.decode(Int.self, atIndex: 9)))
        }
        return (list, places)
    }

    private static func addParts(
        _ database: Database, of artifact: Int64, to list: inout [ListedTensor], at places: [Int64: Int]
    ) throws {
        guard !places.isEmpty else { return }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT principal_id, part_role, dtype, shape, digest, byte_count FROM tensor
                WHERE artifact_id = ? AND principal_id IS NOT NULL ORDER BY position
                """, arguments: [artifact])
        while let row = try rows.next() {
            guard let place = places[try row.decode(Int64.self, atIndex: 0)] else { continue }
            let part = ListedTensor.Part(
                role: try row.decode(String.self, atIndex: 1), dtype: try row.decode(String.self, atIndex: 2),
                shape: try row.decode(String.self, atIndex: 3),
                digest: try row.decode(String.self, atIndex: 4))
            list[place].add(part, byteCount: try row.decode(Int.self, atIndex: 5))
        }
        for place in places.values { list[place].sortParts() }
    }
}

extension ListedTensor {
    /// The sizes that the model means, outermost first; empty where the catalog holds no shape.
    package var dimensions: [Int] { Shape(json: logicalShape)?.dimensions ?? [] }
}
