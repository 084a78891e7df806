import Architectures
import Bytes
import Tensors

/// A pair of tensors, and what became of the first.
struct DiffPair: Sendable {
    let first: DiffEntry
    let second: DiffEntry
    var status: DiffReport.Status
    var finding: TensorComparison.Finding?
    /// The first rows that two shapes have in common.
    var commonRows: Int?
    /// Why it was not measured.
    var note: String?

    /// - Parameter isRenamed: whether other names brought them together than the convention's.
    init(_ first: DiffEntry, _ second: DiffEntry, isRenamed: Bool = false) {
        self.first = first
        self.second = second
        status =
            isRenamed
            ? .renamed
            : first.isIdentical(to: second) ? .identical : first.shape == second.shape ? .different : .reshaped
    }

    /// Whether reading the numbers tells more.
    var isOpen: Bool { status == .different || status == .reshaped }

    var byteCount: Int { first.byteCount + second.byteCount }
}

/// Reads the numbers of pairs of tensors and measures them.
struct DiffWork: Sendable {
    let first: DiffNumbers
    let second: DiffNumbers
    let threadCount: Int

    private var comparison: TensorComparison { TensorComparison(kernels: first.source.kernels) }

    /// Measures the pairs at `places`, the longest first, so that no thread is left with one at the end.
    func measure(_ pairs: [DiffPair], at places: [Int], meter: ProgressMeter) async throws -> [(Int, DiffPair)] {
        let order = places.sorted { (pairs[$1].byteCount, $0) < (pairs[$0].byteCount, $1) }
        return try await WorkQueue.map(order, threadCount: threadCount) { place in
            let pair = pairs[place]
            defer { meter.add(pair.byteCount) }
            return (place, try measured(pair))
        }
    }

    /// The pair with what its numbers say.
    private func measured(_ pair: DiffPair) throws -> DiffPair {
        var pair = pair
        guard let one = first.tensor(of: pair.first), let other = second.tensor(of: pair.second) else {
            pair.note = "it belongs to a module of its own, of which only digests are compared"
            return pair
        }
        let readers: (NumberReader, NumberReader)
        do {
            readers = (try first.reader(of: one), try second.reader(of: other))
        } catch let error as FormatError where error.code == .unsupported {
            pair.note = error.problem
            return pair
        }
        let count: Int
        if one.mapping.shape == other.mapping.shape {
            count = readers.0.elementCount
            pair.status = .changed
        } else {
            pair.status = .reshaped
            pair.commonRows = Self.commonRows(one.mapping.shape, other.mapping.shape)
            count = (pair.commonRows ?? 0) * one.mapping.shape.dropFirst().reduce(1, *)
        }
        guard count > 0 || pair.status == .changed else { return pair }
        let finding = try comparison.measure(readers.0, readers.1, elementCount: count)
        pair.finding = finding
        if pair.status == .changed, finding.isEqual { pair.status = .equal }
        return pair
    }

    /// The first rows that both shapes have, where they differ in the outermost dimension alone.
    private static func commonRows(_ first: [Int], _ second: [Int]) -> Int? {
        guard first.count == second.count, first.dropFirst() == second.dropFirst(), let one = first.first,
            let other = second.first
        else { return nil }
        return min(one, other)
    }
}
