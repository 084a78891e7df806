import CKernels
import Numbers

/// The search for the nearest value of the dynamic map, prepared once.
struct DynamicMapSearch: Sendable {
    static let shared = DynamicMapSearch()

    private let table: [UInt8]

    private init() {
        var table = [UInt8](repeating: 0, count: Int(INGOT_STEPS))
        // The array has the length that the function fills; there are 255 midpoints.
        unsafe ingot_nearest_prepare(DynamicMap.midpoints, &table)
        self.table = table
    }

    /// Finds the code of each value times the reciprocal of `scale`, and writes the codes from `start`.
    func encode(_ values: [Float], scale: Float, into codes: inout [UInt8], at start: Int) {
        precondition(start >= 0 && start + values.count <= codes.count, "\(values.count) codes do not fit at \(start)")
        // The codes from `start` have room for one for each value.
        unsafe codes.withUnsafeMutableBufferPointer { codes in
            guard let target = codes.baseAddress else { return }
            unsafe ingot_nearest_of_256(table, scale, values, values.count, target + start)
        }
    }
}
