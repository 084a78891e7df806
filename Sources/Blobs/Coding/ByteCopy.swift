/// The module's only pointers.
enum ByteCopy {
    /// Copies `count` bytes of `source` from `start` to `target` at `offset`.
    static func copy(
        _ source: Span<UInt8>, _ start: Int, count: Int, to target: inout [UInt8], at offset: Int
    ) {
        precondition(start >= 0 && count >= 0 && count <= source.count - start, "\(count) bytes at \(start)")
        precondition(offset >= 0 && count <= target.count - offset, "\(count) bytes to \(offset)")
        // Both ranges lie in their arrays, by the preconditions.
        unsafe source.withUnsafeBufferPointer { from in
            unsafe target.withUnsafeMutableBufferPointer { to in
                guard count > 0, let from = from.baseAddress, let to = to.baseAddress else { return }
                unsafe (to + offset).update(from: from + start, count: count)
            }
        }
    }
}

extension [UInt8] {
    /// Makes the array at least so long; what it held may be lost.
    mutating func ensure(_ count: Int) {
        if self.count < count { self = [UInt8](repeating: 0, count: count) }
    }
}
