import CKernels

extension Kernels {
    /// Multiplies numbers in place.
    package func scale(_ numbers: inout MutableSpan<Float>, by factor: Float) {
        // Read and written in place, which the loop allows; no pointer leaves the closure.
        unsafe numbers.withUnsafeMutableBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            unsafe ingot_floats_scale(level.number, start, factor, numbers.count, start)
        }
    }

    /// Adds numbers, each times a factor, to as many sums; the product is rounded before the sum is.
    package func add(_ numbers: Span<Float>, times factor: Float, to sums: inout MutableSpan<Float>) {
        precondition(numbers.count == sums.count, "\(numbers.count) numbers for \(sums.count) sums")
        unsafe numbers.withUnsafeBufferPointer { numbers in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                guard let numbers = numbers.baseAddress, let start = sums.baseAddress else { return }
                unsafe ingot_floats_add_scaled(level.number, numbers, factor, sums.count, start)
            }
        }
    }
}
