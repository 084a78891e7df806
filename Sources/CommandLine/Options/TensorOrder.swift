import ArgumentParser
import Registry

/// What `tensors --sort` sorts by.
enum TensorOrder: String, CaseIterable, ExpressibleByArgument, Sendable {
    case relRmse = "rel_rmse"
    case weightedRelRmse = "weighted_rel_rmse"
    case maximumError = "max_error"
    case cosine, snr
    case shareZero = "share_zero"
    case shareClipped = "share_clipped"
    case bytes, parameters, name

    /// The number that is sorted by; nil where a tensor has none.
    func value(of row: TensorRow) -> Double? {
        switch self {
        case .relRmse: row.relRmse
        case .weightedRelRmse: row.weightedRelRmse
        case .maximumError: row.maximumError
        case .cosine: row.cosine
        case .snr: row.snrDb
        case .shareZero: row.shareZero
        case .shareClipped: row.shareClipped
        case .bytes: Double(row.bytes)
        case .parameters: Double(row.parameters)
        case .name: nil
        }
    }

    /// Whether the least comes first: of cosine and signal to noise, the worst.
    private var isAscending: Bool { self == .cosine || self == .snr }

    /// The rows in order: worst error first, largest size first; equals stay as they are, rows without a number last.
    func sorted(_ rows: [TensorRow], reversed isReversed: Bool) -> [TensorRow] {
        if self == .name { return Self.sortedByName(rows, reversed: isReversed) }
        let known = rows.enumerated().compactMap { place, row in
            value(of: row).map { (place: place, value: isAscending != isReversed ? $0 : -$0, row: row) }
        }
        let unknown = rows.filter { value(of: $0) == nil }
        return known.sorted { ($0.value, $0.place) < ($1.value, $1.place) }.map(\.row) + unknown
    }

    private static func sortedByName(_ rows: [TensorRow], reversed isReversed: Bool) -> [TensorRow] {
        let sorted = rows.enumerated().sorted { left, right in
            let names = (Array(left.element.name.utf8), Array(right.element.name.utf8))
            if names.0 == names.1 { return left.offset < right.offset }
            return names.0.lexicographicallyPrecedes(names.1) != isReversed
        }
        return sorted.map(\.element)
    }
}
