package import Numbers

/// How the weights of one matrix are stored: the bytes follow from its rows and columns.
package enum WeightForm: Equatable, Sendable {
    /// Plain numbers of so many bits.
    case plain(bits: Int)
    /// Blocks of ggml, which lie within a row.
    case blocks(BlockType)
    /// bitsandbytes NF4 or FP4: 4 bits, and an absmax for each block of 64 across rows, kept as F32; `isNested` keeps it
    /// as 8 bits with an F32 for each 256. Without the code tables and the state that a file adds for each matrix.
    case fourBit(isNested: Bool)
    /// GPTQ and AWQ with 4 bits: F16 scale and packed zero point for each group of so many inputs.
    case grouped(Int)

    /// Bits of one weight in a large matrix, scales included.
    package var bitsPerWeight: Double {
        switch self {
        case .plain(let bits): Double(bits)
        case .blocks(let type): Double(8 * type.byteCount) / Double(type.elementCount)
        case .fourBit(let isNested): isNested ? 4 + 8.0 / 64 + 32.0 / (64 * 256) : 4.5
        case .grouped(let size): 4 + 20.0 / Double(size)
        }
    }

    /// The bytes of a matrix, scales included.
    /// - Throws: `PlanError` when blocks of ggml do not divide the rows, or the count does not fit 64 bits.
    package func byteCount(rows: Int, columns: Int) throws(PlanError) -> Int {
        let elements = Count(rows) * Count(columns)
        let bytes: Count
        switch self {
        case .plain(let bits): bytes = (elements * Count(bits)).shared(by: 8)
        case .blocks(let type):
            guard columns.isMultiple(of: type.elementCount) else {
                throw PlanError(
                    "rows of \(columns) weights are no multiple of \(type.rawValue)'s blocks of \(type.elementCount)",
                    remedy: "Let these tensors fall back to another type")
            }
            bytes = Count(rows) * Count(columns / type.elementCount) * Count(type.byteCount)
        case .fourBit(let isNested):
            let scales = elements.shared(by: 64)
            let nested = scales + scales.shared(by: 256) * 4
            bytes = elements.shared(by: 2) + (isNested ? nested : scales * 4)
        case .grouped(let size):
            let groups = Count(columns).shared(by: size) * Count(rows)
            bytes = elements.shared(by: 2) + groups * 2 + groups.shared(by: 2)
        }
        return try bytes.value(of: "the bytes of a matrix of \(rows) × \(columns)")
    }

    /// The bytes of all tensors of a model, each in the form that `form` gives it.
    package static func byteCount(
        _ tensors: [ModelTensor], _ form: (ModelTensor) -> Self
    ) throws(PlanError) -> Int {
        var sum = Count(0)
        for tensor in tensors {
            let columns = tensor.shape.last ?? 1
            let rows = try tensor.shape.dropLast().reduce(Count(1)) { $0 * Count($1) }.value(of: tensor.name)
            sum = sum + Count(try form(tensor).byteCount(rows: rows, columns: columns)) * Count(tensor.copies)
        }
        return try sum.value(of: "the bytes of the weights")
    }
}
