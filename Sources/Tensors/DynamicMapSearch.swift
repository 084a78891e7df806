import Numbers

/// The search for the nearest value of the dynamic map, by a table that is made once.
struct DynamicMapSearch: Sendable {
    static let shared = DynamicMapSearch()

    private let table = StepTable(midpoints: DynamicMap.midpoints)

    /// Finds the code of each value times the reciprocal of `scale`, and writes the codes from `start`.
    func encode(_ values: [Float], scale: Float, into codes: inout [UInt8], at start: Int) {
        precondition(start >= 0 && start + values.count <= codes.count, "\(values.count) codes do not fit at \(start)")
        table.encode(values, scale: scale, into: &codes, at: start)
    }
}
