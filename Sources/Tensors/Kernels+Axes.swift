import CKernels

extension Kernels {
    /// How the numbers of a row or column are put together.
    package enum Power: Int32, Sendable {
        /// Σ |w|
        case magnitude = 1
        /// Σ w²
        case square = 2
    }

    /// Adds how much each row and each column of a matrix holds, in doubles.
    ///
    /// The sums of a column depend in their last digits on the order of calls alone.
    /// - Parameters:
    ///   - values: rows of float32 numbers, little-endian.
    ///   - rows: a sum for each row of the matrix, to which is added from `first` on.
    ///   - columns: a sum for each column, to which is added.
    package func addAxisSums(
        _ values: Span<UInt8>, power: Power, rows: inout [Double], from first: Int, columns: inout [Double]
    ) {
        let columnCount = columns.count
        guard columnCount > 0 else { return }
        let rowCount = values.count / (4 * columnCount)
        precondition(values.count == 4 * rowCount * columnCount, "\(values.count) bytes are no whole rows")
        precondition(first >= 0 && first + rowCount <= rows.count, "\(rows.count) sums for \(first + rowCount) rows")
        // All lengths were compared, and no pointer leaves the closures.
        unsafe values.withUnsafeBufferPointer { values in
            unsafe rows.withUnsafeMutableBufferPointer { rows in
                unsafe columns.withUnsafeMutableBufferPointer { columns in
                    guard let source = values.baseAddress, let rows = rows.baseAddress,
                        let columns = columns.baseAddress
                    else { return }
                    unsafe ingot_axis_sums(source, rowCount, columnCount, power.rawValue, rows + first, columns)
                }
            }
        }
    }

    /// Copies some elements of each row.
    /// - Parameters:
    ///   - input: rows of `columnCount` elements of `width` bytes: 1, 2, 4 or 8.
    ///   - places: which elements of each row, all below `columnCount`.
    ///   - output: receives as many elements for each row, from byte `start` on.
    package func gatherColumns(
        _ input: Span<UInt8>, width: Int, columnCount: Int, places: [UInt32], into output: inout [UInt8],
        at start: Int
    ) {
        precondition([1, 2, 4, 8].contains(width) && columnCount > 0, "no elements of \(width) bytes")
        let rowCount = input.count / (width * columnCount)
        precondition(input.count == rowCount * width * columnCount, "\(input.count) bytes are no whole rows")
        precondition(start + rowCount * places.count * width <= output.count, "the output is too short")
        precondition(places.allSatisfy { Int($0) < columnCount }, "a place beyond \(columnCount)")
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let first = input.baseAddress, let target = output.baseAddress else { return }
                unsafe ingot_gather_columns(
                    Int32(width), first, rowCount, columnCount, places, places.count, target + start)
            }
        }
    }
}
