import Bytes
import GRDB
package import Tensors

extension ArtifactWriter {
    /// Inserts all tensors: first those that stand alone, then the parts that point to them.
    func insertTensors(of artifact: Int64, files: [String: Int64]) throws {
        var principals: [String: Int64] = [:]  // by "file/name", and by "folder/name" for parts in other shards
        var position = 0
        var parts: [(file: FileDraft, tensor: TensorDraft, position: Int)] = []
        for file in draft.files {
            for tensor in file.tensors {
                if case .part = tensor.place {
                    parts.append((file, tensor, position))
                } else {
                    let id = try insert(tensor, at: position, of: artifact, file: files[file.path], principal: nil)
                    if case .principal = tensor.place {
                        principals["\(file.folder)/\(tensor.name)"] = id
                        principals["\(file.path)/\(tensor.name)"] = id
                    }
                }
                position += 1
            }
        }
        for (file, tensor, position) in parts {
            guard case .part(let name, _) = tensor.place else { continue }
            guard let principal = principals["\(file.path)/\(name)"] ?? principals["\(file.folder)/\(name)"]
            else {
                throw ArtifactDraft.fault("tensor '\(tensor.name)' is part of '\(name)', which is not quantized")
            }
            _ = try insert(tensor, at: position, of: artifact, file: files[file.path], principal: principal)
        }
    }

    private func insert(
        _ tensor: TensorDraft, at position: Int, of artifact: Int64, file: Int64?, principal: Int64?
    ) throws -> Int64 {
        var form: QuantizedForm?
        var role: String?
        switch tensor.place {
        case .whole: break
        case .principal(let quantized): form = quantized
        case .part(_, let name): role = name
        }
        let statistics = tensor.statistics
        return try database.insert(
            """
            INSERT INTO tensor (
                artifact_id, file_id, position, name, dtype, shape, element_count, byte_offset, byte_count, digest,
                parameter_count, principal_id, part_role, scheme, logical_shape, minimum, maximum, absolute_maximum,
                mean, standard_deviation, zero_fraction, nan_count, infinity_count, arrangement,
                logical_name, bits, group_size
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                artifact, file, position, tensor.name, tensor.dtype, tensor.shape.json, tensor.shape.elementCount,
                tensor.byteOffset, tensor.byteCount, tensor.digest.hex, tensor.parameterCount, principal, role,
                form?.scheme, form?.shape.json, statistics?.minimum?.ifFinite, statistics?.maximum?.ifFinite,
                statistics?.absoluteMaximum?.ifFinite, statistics?.mean?.ifFinite,
                statistics?.standardDeviation?.ifFinite, statistics?.zeroFraction?.ifFinite, statistics?.nanCount,
                statistics?.infinityCount, tensor.arrangement.json, tensor.logicalName, form?.bits, form?.groupSize,
            ])
    }

    /// Inserts a derivation with its errors, unless the artifact has the same one already.
    func insert(_ derivation: DerivationDraft, of child: Int64) throws {
        guard derivation.recipe == nil || derivation.recipeDigest != nil else {
            throw ArtifactDraft.fault("a recipe comes without its digest")
        }
        let known = try Derivations.find(
            database, parents: derivation.parents, recipeDigest: derivation.recipeDigest, child: child)
        guard known == nil else { return }
        let errors = draft.files.flatMap { file in
            file.tensors.compactMap { tensor in tensor.error.map { (file.path, tensor.name, $0) } }
        }
        let total = errors.isEmpty ? nil : TensorError.sum(errors.map(\.2))
        let id = try database.insert(
            """
            INSERT INTO derivation (
                child_id, recipe, recipe_digest, tool, tool_version, host, created_at, seconds, relative_rmse,
                weighted_relative_rmse
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                child, derivation.recipe, derivation.recipeDigest?.hex, derivation.tool, derivation.toolVersion,
                derivation.host, now.text, derivation.seconds?.ifFinite, total?.relativeRMSE,
                total?.weightedRelativeRMSE,
            ])
        for parent in Set(derivation.parents) {
            try database.run(
                """
                INSERT INTO derivation_parent (derivation_id, role, parent_digest, parent_id)
                VALUES (?1, ?2, ?3, (SELECT id FROM artifact WHERE digest = ?3))
                """, [id, parent.role.rawValue, parent.digest.hex])
        }
        for (file, tensor, error) in errors { try insert(error, of: tensor, in: file, of: child, derivation: id) }
    }

    private func insert(
        _ error: TensorError, of tensor: String, in file: String, of artifact: Int64, derivation: Int64
    ) throws {
        guard error.squaredError.isFinite, error.squaredReference.isFinite else { return }
        try database.run(
            """
            INSERT INTO tensor_error (
                tensor_id, derivation_id, squared_error, squared_reference, relative_rmse, cosine, snr_db,
                maximum_error, element_count, zero_count, clipped_count, weighted_squared_error,
                weighted_squared_reference, weighted_relative_rmse)
            SELECT t.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM file AS f JOIN tensor AS t ON t.file_id = f.id
            WHERE f.artifact_id = ? AND f.path = ? AND t.name = ?
            """,
            [
                derivation, error.squaredError, error.squaredReference, error.relativeRMSE, error.cosine?.ifFinite,
                error.signalToNoise, error.maximumError?.ifFinite, error.counts?.elements, error.counts?.zeros,
                error.counts?.clipped, error.weighted?.squaredError, error.weighted?.squaredReference,
                error.weightedRelativeRMSE, artifact, file, tensor,
            ])
    }
}

extension Shape {
    /// `[4096,1024]`, as the catalog holds it.
    var json: String { "[\(dimensions.map(String.init).joined(separator: ","))]" }

    /// Nil when `json` is not what `json` gives.
    package init?(json: String) {
        guard json.hasPrefix("["), json.hasSuffix("]") else { return nil }
        let parts = json.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
        let dimensions = json == "[]" ? [] : parts.map { Int($0) }
        guard dimensions.allSatisfy({ $0 != nil }) else { return nil }
        self.init(dimensions.compactMap(\.self))
    }
}
