import CZlib

/// Whole raw deflate streams (RFC 1951) in memory, by zlib: coded by Huffman's codes alone, without looking for repeats.
package enum Deflation {
    /// Codes `bytes`.
    /// - Returns: nil when that takes more than `limit` bytes.
    package static func huffmanOnly(_ bytes: Span<UInt8>, limit: Int) -> [UInt8]? {
        guard limit > 0, bytes.count < 1 << 30 else { return nil }
        var output = [UInt8](repeating: 0, count: limit)
        var stream = unsafe z_stream()
        // zlib keeps the address of its stream, which does not move before `deflateEnd`.
        let made: Int? = unsafe withUnsafeMutablePointer(to: &stream) { stream in
            let opened = unsafe deflateInit2_(
                stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_HUFFMAN_ONLY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            guard opened == Z_OK else { return nil }
            defer { unsafe deflateEnd(stream) }
            // Both pointers are used inside their closures, within the counts that zlib is told.
            return unsafe bytes.withUnsafeBufferPointer { from in
                unsafe output.withUnsafeMutableBufferPointer { to in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from.baseAddress)
                    unsafe stream.pointee.avail_in = UInt32(from.count)
                    unsafe stream.pointee.next_out = to.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(to.count)
                    guard unsafe deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
                    return unsafe to.count - Int(stream.pointee.avail_out)
                }
            }
        }
        guard let made else { return nil }
        output.removeLast(output.count - made)
        return output
    }

    /// Fills `count` bytes of `output` from `offset` with what a whole stream holds.
    /// - Returns: whether it is sound and holds exactly so many.
    package static func inflate(
        _ coded: Span<UInt8>, count: Int, into output: inout [UInt8], at offset: Int
    ) -> Bool {
        precondition(offset >= 0 && count >= 0 && count <= output.count - offset, "\(count) bytes at \(offset)")
        guard coded.count < 1 << 30, count < 1 << 30 else { return false }
        var stream = unsafe z_stream()
        return unsafe withUnsafeMutablePointer(to: &stream) { stream in
            let opened = unsafe inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard opened == Z_OK else { return false }
            defer { unsafe inflateEnd(stream) }
            return unsafe coded.withUnsafeBufferPointer { from in
                unsafe output.withUnsafeMutableBufferPointer { to in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from.baseAddress)
                    unsafe stream.pointee.avail_in = UInt32(from.count)
                    unsafe stream.pointee.next_out = to.baseAddress.map { unsafe $0 + offset }
                    unsafe stream.pointee.avail_out = UInt32(count)
                    let code = unsafe CZlib.inflate(stream, Z_FINISH)
                    return unsafe code == Z_STREAM_END && stream.pointee.avail_out == 0
                        && stream.pointee.avail_in == 0
                }
            }
        }
    }
}
