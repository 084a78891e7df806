import CKernels

extension Kernels {
    /// How far decoded weights are from the weights that they stand for.
    ///
    /// Sums of pieces are added in order, and depend on the pieces in their last digits: pieces are cut at fixed
    /// places.
    /// - Parameters:
    ///   - weights: rows of `columns` numbers; the last row may be short.
    ///   - decoded: as many numbers.
    ///   - importance: a number for each column, or none at all.
    package func measure(
        _ weights: Span<Float>, decoded: Span<Float>, columns: Int, importance: [Float] = []
    ) -> ErrorSums {
        precondition(weights.count == decoded.count, "\(weights.count) weights, \(decoded.count) decoded ones")
        precondition(columns > 0, "a row has a column at least")
        precondition(
            importance.isEmpty || importance.count == columns, "\(importance.count) importances of \(columns) columns")
        let count = weights.count
        var sums = ingot_errors()
        unsafe weights.withUnsafeBufferPointer { weights in
            unsafe decoded.withUnsafeBufferPointer { decoded in
                unsafe importance.withUnsafeBufferPointer { importance in
                    guard let weights = weights.baseAddress, let decoded = decoded.baseAddress else { return }
                    unsafe ingot_measure_floats(
                        level.number, weights, decoded, importance.isEmpty ? nil : importance.baseAddress, columns,
                        count, &sums)
                }
            }
        }
        var errors = ErrorSums(sums, elementCount: weights.count)
        if !importance.isEmpty {
            errors.weightedError = sums.weighted_error
            errors.weightedWeight = sums.weighted_weight
        }
        return errors
    }
}
