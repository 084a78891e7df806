import GRDB
import Tensors

/// A row of table `tensor`, with its errors against the parent.
package struct TensorRecord: Sendable {
    /// The path of the file that holds it.
    package let file: String
    /// Its place among all tensors of the artifact, from 0.
    package let position: Int
    package let tensor: TensorDraft

    /// The folder of that file; empty for the artifact's own.
    package var folder: String { FileDraft.folder(of: file) }
}

extension TensorRecord: FetchableRecord {
    init(row: Row) throws {
        file = try row.text("file")
        position = try row.integer("position")
        tensor = TensorDraft(
            name: try row.text("name"), logicalName: try row.optional("logical_name"), dtype: try row.text("dtype"),
            shape: try row.parse("shape", of: row.text("shape")) { Shape(json: $0) },
            byteOffset: try row.integer("byte_offset"), byteCount: try row.integer("byte_count"),
            arrangement: try Self.arrangement(row),
            digest: try row.digest("digest"), parameterCount: try row.integer("parameter_count"),
            place: try Self.place(row), statistics: try Self.statistics(row), error: try Self.error(row))
    }

    private static func arrangement(_ row: Row) throws -> Arrangement {
        guard let text: String = try row.optional("arrangement") else { return .contiguous }
        return try row.parse("arrangement", of: text) { Arrangement(json: $0) }
    }

    private static func place(_ row: Row) throws -> TensorDraft.Place {
        if let principal: String = try row.optional("principal") {
            return .part(of: principal, role: try row.text("part_role"))
        }
        guard let scheme: String = try row.optional("scheme") else { return .whole }
        let shape = try row.parse("logical_shape", of: row.text("logical_shape")) { Shape(json: $0) }
        return .principal(
            QuantizedForm(
                scheme: scheme, shape: shape, bits: try row.optional("bits"),
                groupSize: try row.optional("group_size")))
    }

    private static func error(_ row: Row) throws -> TensorError? {
        guard let squaredError: Double = try row.optional("squared_error") else { return nil }
        var error = TensorError(
            squaredError: squaredError, squaredReference: try row.decode(Double.self, forColumn: "squared_reference"),
            cosine: try row.optional("cosine"), maximumError: try row.optional("maximum_error"))
        if let elements: Int = try row.optional("measured_count"), let zeros: Int = try row.optional("zero_count"),
            let clipped: Int = try row.optional("clipped_count")
        {
            error.counts = TensorError.Counts(elements: elements, zeros: zeros, clipped: clipped)
        }
        if let squaredError: Double = try row.optional("weighted_squared_error"),
            let squaredReference: Double = try row.optional("weighted_squared_reference")
        {
            error.weighted = TensorError.Weighted(squaredError: squaredError, squaredReference: squaredReference)
        }
        return error
    }

    private static func statistics(_ row: Row) throws -> TensorStatistics? {
        guard let nanCount: Int = try row.optional("nan_count") else { return nil }
        return TensorStatistics(
            minimum: try row.optional("minimum"), maximum: try row.optional("maximum"),
            absoluteMaximum: try row.optional("absolute_maximum"), mean: try row.optional("mean"),
            standardDeviation: try row.optional("standard_deviation"),
            zeroFraction: try row.optional("zero_fraction"), nanCount: nanCount,
            infinityCount: try row.optional("infinity_count") ?? 0)
    }
}
