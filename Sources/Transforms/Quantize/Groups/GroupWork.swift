import Bytes
import Numbers
import Tensors

/// A chunk of rows that becomes whole numbers in groups, is packed, and decoded again as its library decodes it.
struct GroupWork: RowWork {
    let form: GroupForm
    /// How the packed codes are decoded.
    let decoding: CodeForm
    let columns: Int
    let kernels: Kernels
    /// One byte a weight.
    private(set) var codes: [UInt8] = []
    /// As they are stored, one a group.
    private(set) var scales: [Float] = []
    private(set) var shifts: [Float] = []
    /// Rows of codes without gaps, each ending with a 32-bit word.
    private(set) var packed: [UInt8] = []
    private(set) var decoded: [Float] = []

    init(_ form: GroupForm, decoding: CodeForm, columns: Int, kernels: Kernels) {
        self.form = form
        self.decoding = decoding
        self.columns = columns
        self.kernels = kernels
    }

    /// The bytes of a row of codes.
    var rowByteCount: Int { (columns * form.bits + 31) / 32 * 4 }
    /// Whether shifts take part in decoding.
    private var hasShifts: Bool { form.rule != .int8Rows && (form.rule != .signed || !form.isSymmetric) }
    private var rows: RowForm {
        RowForm(bits: form.bits, columns: columns, rowByteCount: rowByteCount, groupSize: form.groupSize)
    }

    /// Fills all arrays.
    /// - Returns: how many weights are beyond the range of their codes.
    mutating func encode(_ numbers: Span<Float>, importance: [Float]) throws -> Int {
        let rows = numbers.count / columns, groups = rows * form.groupCount(columns)
        if codes.count != numbers.count {
            codes = [UInt8](repeating: 0, count: numbers.count)
            scales = [Float](repeating: 0, count: groups)
            shifts = [Float](repeating: 0, count: groups)
            packed = [UInt8](repeating: 0, count: rows * rowByteCount)
            decoded = [Float](repeating: 0, count: numbers.count)
        }
        let clipped = Self.encode(
            form, numbers, columns: columns, importance: importance, kernels, &codes, &scales, &shifts)
        guard form.dtype != .F16 || (scales.allSatisfy(\.isFinite) && shifts.allSatisfy(\.isFinite)) else {
            throw FormatError(
                .refused, "its scales are beyond the range of F16",
                remedy: "Keep this tensor dense, or choose another scheme")
        }
        pack()
        decode()
        return clipped
    }

    /// What was made of these rows.
    func grouped(_ rows: Range<Int>) -> GroupedRows {
        GroupedRows(rows: rows, codes: codes, packed: packed, scales: scales, shifts: shifts)
    }

    private static func encode(
        _ form: GroupForm, _ numbers: Span<Float>, columns: Int, importance: [Float], _ kernels: Kernels,
        _ codes: inout [UInt8], _ scales: inout [Float], _ shifts: inout [Float]
    ) -> Int {
        var codeSpan = codes.mutableSpan
        var scaleSpan = scales.mutableSpan
        var shiftSpan = shifts.mutableSpan
        return kernels.encodeGroups(
            form, weights: numbers, columns: columns, importance: importance, codes: &codeSpan, scales: &scaleSpan,
            shifts: &shiftSpan)
    }

    private mutating func pack() {
        let (rows, codes, kernels) = (rows, codes, kernels)
        var all = packed.mutableSpan
        rows.pack(codes.span, into: &all, kernels: kernels)
    }

    private mutating func decode() {
        let (rows, form, kernels, packed, scales, decoding) = (rows, form, kernels, packed, scales, decoding)
        let used = hasShifts ? shifts : []
        var all = decoded.mutableSpan
        rows.decode(decoding, packed.span, scales: scales.span, shifts: used.span, into: &all, kernels: kernels)
        guard form.rule == .int8Rows else { return }
        // The library's second product.
        for index in all.indices { all[index] *= Self.reciprocal }
    }

    /// 1 / 127, as bitsandbytes writes it.
    private static let reciprocal: Float = 7.874015718698502e-3
}

extension Kernels {
    /// Numbers as they are stored.
    func bytes(_ numbers: [Float], as dtype: DType) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: numbers.count * (dtype.bitCount / 8))
        var span = bytes.mutableSpan
        narrow(numbers.span, to: dtype, into: &span)
        return bytes
    }
}
