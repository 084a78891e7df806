import CKernels

extension Kernels {
    /// How numbers differ from others, with sums in doubles.
    ///
    /// Sums of pieces are added in order, and depend on the pieces in their last digits: pieces are cut at fixed
    /// places.
    /// - Parameters:
    ///   - first: float32 numbers, little-endian.
    ///   - second: as many numbers.
    package func difference(_ first: Span<UInt8>, _ second: Span<UInt8>) -> DifferenceSums {
        precondition(first.count == second.count, "\(first.count) bytes and \(second.count) are no pairs")
        precondition(first.count % 4 == 0, "\(first.count) bytes are no whole numbers")
        var sums = ingot_difference()
        // Both spans hold as many whole numbers, and no pointer leaves the closures.
        unsafe first.withUnsafeBufferPointer { one in
            unsafe second.withUnsafeBufferPointer { other in
                guard let first = one.baseAddress, let second = other.baseAddress else { return }
                unsafe ingot_floats_difference(level.number, first, second, one.count / 4, &sums)
            }
        }
        return DifferenceSums(sums, elementCount: first.count / 4)
    }

    /// The same of numbers in memory.
    package func difference(_ first: Span<Float>, _ second: Span<Float>) -> DifferenceSums {
        precondition(first.count == second.count, "\(first.count) numbers and \(second.count) are no pairs")
        var sums = ingot_difference()
        // Both hold as many numbers, whose bytes are read as such, and no pointer leaves the closures.
        unsafe first.withUnsafeBufferPointer { one in
            unsafe second.withUnsafeBufferPointer { other in
                guard let first = one.baseAddress, let second = other.baseAddress else { return }
                let count = one.count
                unsafe first.withMemoryRebound(to: UInt8.self, capacity: count * 4) { first in
                    unsafe second.withMemoryRebound(to: UInt8.self, capacity: count * 4) { second in
                        unsafe ingot_floats_difference(level.number, first, second, count, &sums)
                    }
                }
            }
        }
        return DifferenceSums(sums, elementCount: first.count)
    }
}

extension DifferenceSums {
    fileprivate init(_ sums: ingot_difference, elementCount: Int) {
        squaredError = sums.squared_error
        squaredFirst = sums.squared_first
        squaredSecond = sums.squared_second
        product = sums.product
        sumFirst = sums.sum_first
        sumSecond = sums.sum_second
        greatest = sums.greatest
        greatestPlace = Int(sums.greatest_place)
        differentCount = Int(sums.different)
        specialCount = Int(sums.special)
        unlikeCount = Int(sums.unlike)
        self.elementCount = elementCount
    }
}
