import Bytes
import Numbers
import Tensors

/// Finds the sparse matrices of compressed-tensors up to 0.14. For N, the module or its weight, of [O, I]:
///
/// | tensor | 2:4 | unstructured |
/// | --- | --- | --- |
/// | `N.shape` | I64 [2] | I64 [2] |
/// | `N.compressed` | [O, I ÷ 2] | [count of kept weights] |
/// | `N.bitmask` | U8 [O, ⌈I ÷ 8⌉]: bit j mod 8 of byte j ÷ 8 | the same |
/// | `N.row_offsets` | | I64 [O]: where each row begins in `compressed` |
///
/// Source: compressed-tensors 0.11.0, `compressors/sparse_compressors/sparse_24_bitmask.py` and `sparse_bitmask.py`.
enum SparseTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        try model.free(.compressed).compactMap { stored in
            let owner = String(stored.tensor.name.dropLast(".compressed".count))
            guard let mask = model[owner + ".bitmask"], model[owner + ".shape"] != nil else { return nil }
            let name = owner.utf8.hasEnding(".weight") ? owner : owner + ".weight"
            do {
                guard QWeightTensors.scaleTypes.contains(where: { $0 == stored.tensor.dtype }) else {
                    model.notes.add(
                        "a sparse matrix of \(stored.tensor.type) is not read; stays as stored", tensor: owner)
                    return nil
                }
                let tensor = try tensor(owner, name, stored, mask, in: model)
                try model.take(tensor)
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
    }

    private static func tensor(
        _ owner: String, _ name: String, _ stored: FiledTensor, _ mask: FiledTensor, in model: StoredTensors
    ) throws -> LogicalTensor {
        let shapePart = try model.part("shape", owner + ".shape", [.I64])
        guard shapePart.tensor.shape.elementCount == 2 else {
            throw FormatError.quantized("has a shape of \(shapePart.tensor.shape.elementCount) dimensions, not 2")
        }
        let dimensions = try model.integers(of: FiledTensor(file: shapePart.file, tensor: shapePart.tensor))
        guard let shape = Shape(dimensions), shape.elementCount > 0 else {
            throw FormatError.quantized(
                "says that it is of shape \(dimensions)", at: shapePart.tensor.byteRange.lowerBound)
        }
        let (rows, columns) = (dimensions[0], dimensions[1])
        var parts = [LogicalTensor.Part(role: "codes", tensor: stored.tensor, file: stored.file)]
        parts.append(
            try model.part("bitmask", owner + ".bitmask", [.U8], [rows, ScaleGranularity.count(columns, of: 8)]))
        parts.append(shapePart)
        let layout: CompressedTensorsState.Layout
        if model[owner + ".row_offsets"] != nil {
            parts.append(try model.part("row_offsets", owner + ".row_offsets", [.I64], [rows]))
            guard stored.tensor.shape.dimensions.count == 1, stored.tensor.shape.elementCount <= shape.elementCount
            else {
                throw FormatError.quantized("keeps \(stored.tensor.shape) weights of a matrix \(shape)")
            }
            layout = .sparse
        } else {
            guard columns % 4 == 0, stored.tensor.shape.dimensions == [rows, columns / 2] else {
                throw FormatError.quantized("keeps \(stored.tensor.shape) weights of a matrix \(shape), two of four")
            }
            layout = .sparse24
        }
        let state = CompressedTensorsState(
            layout: layout, granularity: .tensor, isSymmetric: true, hasActOrder: false)
        return LogicalTensor(
            name: name, encoding: .compressedTensors(state), dtype: parts[0].dtype, shape: shape, parts: parts)
    }
}
