import Bytes
import Numbers
import Tensors

/// Measures how the numbers of two tensors differ, in chunks of a fixed size: memory is bounded by a chunk, and sums do
/// not depend on threads.
struct TensorComparison {
    /// What was found.
    struct Finding: Sendable {
        var sums = DifferenceSums()
        /// The dtype to which one side's numbers were rounded to become the other's.
        var castTo: DType?
        /// Whether equal numbers may stand for integers that differ.
        var isInexact = false

        /// Whether the numbers are the same, perhaps once they are rounded.
        var isEqual: Bool { (sums.isSame || castTo != nil) && !isInexact }
    }

    /// Elements of a chunk, at least.
    private static let chunkElementCount = 128 << 10

    let kernels: Kernels

    /// - Parameters:
    ///   - elementCount: how many elements to compare, from the first on; whole rows of both.
    ///   - progress: learns how many elements were compared.
    func measure(
        _ first: NumberReader, _ second: NumberReader, elementCount: Int, progress: (Int) -> Void = { _ in }
    ) throws -> Finding {
        var finding = Finding()
        var roundings = Rounding.candidates(first, second)
        let group = Self.leastCommonMultiple(first.group, second.group)
        let step = max(group, Self.chunkElementCount / group * group)
        for start in stride(from: 0, to: elementCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, elementCount)
            try first.read(range)
            try second.read(range)
            finding.sums += sums(first, second)
            roundings.removeAll { !holds($0, first, second) }
            progress(range.count)
        }
        finding.isInexact = finding.sums.isSame && (first.isWideInteger || second.isWideInteger)
        if !finding.sums.isSame { finding.castTo = roundings.first?.dtype }
        return finding
    }

    /// Of what both have just read.
    private func sums(_ first: NumberReader, _ second: NumberReader) -> DifferenceSums {
        guard first.width == .double || second.width == .double else {
            let (one, other) = (first.singles, second.singles)
            return kernels.difference(one.span, other.span)
        }
        var sums = DifferenceSums()
        for (one, other) in zip(first.wideNumbers(), second.wideNumbers()) { sums.add(one, other) }
        return sums
    }

    /// One side's numbers may be the other's, rounded.
    private struct Rounding {
        let roundsFirst: Bool
        let dtype: DType

        static func candidates(_ first: NumberReader, _ second: NumberReader) -> [Self] {
            guard first.precision != second.precision else { return [] }
            let toSecond = Self(roundsFirst: true, dtype: second.precision)
            let toFirst = Self(roundsFirst: false, dtype: first.precision)
            return [toSecond, toFirst].filter { Kernels.castTypes.contains($0.dtype) }
        }
    }

    private func holds(_ rounding: Rounding, _ first: NumberReader, _ second: NumberReader) -> Bool {
        let (rounded, kept) = rounding.roundsFirst ? (first, second) : (second, first)
        let (numbers, others) = (rounded.rounded(to: rounding.dtype), kept.singles)
        return kernels.difference(numbers.span, others.span).isSame
    }

    private static func leastCommonMultiple(_ first: Int, _ second: Int) -> Int {
        var (greater, smaller) = (first, second)
        while smaller != 0 { (greater, smaller) = (smaller, greater % smaller) }
        return first / greater * second
    }
}
