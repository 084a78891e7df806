import Bytes
import Numbers
import Tensors

/// Turns the numbers of groups into those of another grid; the codes stay.
struct GridChange {
    let source: CodeGrid
    let target: CodeGrid
    /// What the target's scales are stored in; nil for powers of two.
    let scaleDtype: DType?
    let columns: Int
    let kernels: Kernels

    /// The rows as the target's grid counts them.
    /// - Parameter firstRow: where the rows begin, for messages.
    /// - Throws: `FormatError` for groups that the target cannot hold.
    func changed(_ rows: CodeRows, firstRow: Int) throws(FormatError) -> CodeRows {
        var changed = spread(rows)
        switch (source.meaning, target.meaning) {
        case (.exponent, _): return changed
        case (.zeroPoint, .bias):
            // A product of F16 or BF16 and a zero point of up to 8 bits is exact in float32.
            for index in changed.shifts.indices { changed.shifts[index] *= -changed.scales[index] }
        case (.bias, .zeroPoint): try makeZeroPoints(&changed, firstRow)
        default: break
        }
        if case .zeroPoint(let zeros) = target.meaning {
            if let index = changed.shifts.firstIndex(where: { !zeros.contains(Int($0)) }) {
                throw fault(
                    index, firstRow, "its zero point \(Int(changed.shifts[index])) is not one of \(text(zeros))")
            }
        } else {
            changed.shifts = try stored(changed.shifts, "bias", firstRow)
        }
        changed.scales = try stored(changed.scales, "scale", firstRow)
        return changed
    }

    /// Groups of the target's size: each part of a group has the numbers of the whole.
    private func spread(_ rows: CodeRows) -> CodeRows {
        let own = source.groupCount(columns), wanted = target.groupCount(columns)
        guard own != wanted else { return rows }
        let size = source.groupSize ?? columns, part = target.groupSize ?? columns
        func spread(_ numbers: [Float]) -> [Float] {
            var found: [Float] = []
            found.reserveCapacity(numbers.count / own * wanted)
            for row in 0..<numbers.count / own {
                for group in 0..<wanted { found.append(numbers[row * own + group * part / size]) }
            }
            return found
        }
        return CodeRows(codes: rows.codes, scales: spread(rows.scales), shifts: spread(rows.shifts))
    }

    /// Biases that are whole multiples of their scales.
    private func makeZeroPoints(_ rows: inout CodeRows, _ firstRow: Int) throws(FormatError) {
        let middle = Float(CodeGrid.middle(target.bits).lowerBound)
        for index in rows.shifts.indices {
            let scale = rows.scales[index], bias = rows.shifts[index]
            let zero = scale == 0 ? middle : (-bias / scale).rounded()
            guard zero.magnitude <= 256, -zero * scale == bias else {
                throw fault(index, firstRow, "its bias \(bias) is no whole multiple of its scale \(scale)")
            }
            rows.shifts[index] = zero
        }
    }

    /// Numbers as they are read again.
    private func stored(_ numbers: [Float], _ what: String, _ firstRow: Int) throws(FormatError) -> [Float] {
        guard let scaleDtype, scaleDtype != .F32 else { return numbers }
        let bytes = kernels.bytes(numbers, as: scaleDtype)
        var rounded = [Float](repeating: 0, count: numbers.count)
        var span = rounded.mutableSpan
        kernels.widen(scaleDtype, bytes.span, into: &span)
        for index in rounded.indices where numbers[index].isFinite && !rounded[index].isFinite {
            throw fault(index, firstRow, "its \(what) \(numbers[index]) is beyond the range of \(scaleDtype)")
        }
        return rounded
    }

    private func text(_ zeros: ClosedRange<Int>) -> String {
        zeros.count == 1 ? "\(zeros.lowerBound)" : "\(zeros.lowerBound)…\(zeros.upperBound)"
    }

    private func fault(_ index: Int, _ firstRow: Int, _ problem: String) -> FormatError {
        let groups = target.groupCount(columns)
        return FormatError(
            .refused, "row \(firstRow + index / groups), group \(index % groups): \(problem)",
            remedy: CodeExchange.otherwise)
    }
}
