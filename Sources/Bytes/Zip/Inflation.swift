import CZlib

/// A raw deflate stream (RFC 1951) of a source, inflated piece by piece in memory of a fixed size, by zlib.
///
/// Never gives more bytes than it was told to expect, so that a small stream cannot fill the memory or the disk.
@safe package struct Inflation: ~Copyable {
    private static let inputByteCount = 64 << 10

    private let source: any ByteSource
    /// The compressed bytes that were not read yet.
    private var rest: Range<Int>
    private var input: [UInt8]
    /// Where the bytes that zlib has not taken yet lie in `input`.
    private var waiting = 0..<0
    private let stream: UnsafeMutablePointer<z_stream>
    /// The bytes that still have to come out.
    package private(set) var remainingByteCount: Int
    private var isAtEnd = false

    /// - Parameters:
    ///   - range: the bytes of the source that are the stream; nothing else may be in them.
    ///   - byteCount: what comes out of it.
    package init(_ range: Range<Int>, of source: any ByteSource, byteCount: Int) throws {
        self.source = source
        rest = range
        remainingByteCount = byteCount
        input = [UInt8](repeating: 0, count: min(Self.inputByteCount, range.count))
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // Negative window bits: no zlib header around the stream.
        let result = unsafe inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { throw FileError("inflate", source.path, number: 12) }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// Fills `output` from its start with the next bytes: as many as it holds, fewer only at the end.
    /// - Returns: how many there are; 0 after the last one.
    /// - Throws: `FormatError` when the stream is damaged, or gives fewer or more bytes than announced.
    package mutating func read(into output: inout [UInt8]) throws -> Int {
        let wanted = min(output.count, remainingByteCount)
        var done = 0
        while done < wanted {
            try refill()
            done += try step(&output, done..<wanted)
        }
        remainingByteCount -= done
        if remainingByteCount == 0 { try finish() }
        return done
    }

    /// What comes out before the stream ends, breaks, or has given what it was told to: for streams that nobody vouches
    /// for.
    package mutating func readAvailable() throws -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(Self.inputByteCount, remainingByteCount))
        do {
            while remainingByteCount > 0, !isAtEnd {
                try refill()
                let count = try step(&buffer, 0..<min(buffer.count, remainingByteCount))
                content += buffer[..<count]
                remainingByteCount -= count
            }
        } catch is FormatError {}
        return content
    }

    /// Passes over `count` bytes.
    package mutating func skip(_ count: Int) throws {
        var buffer = [UInt8](repeating: 0, count: min(count, Self.inputByteCount))
        var left = count
        while left > 0 {
            if left < buffer.count { buffer.removeLast(buffer.count - left) }
            let step = try read(into: &buffer)
            guard step > 0 else { throw fault(.truncated, "the compressed bytes end early") }
            left -= step
        }
    }

    /// One call of zlib into `range` of the output.
    private mutating func step(_ output: inout [UInt8], _ range: Range<Int>) throws -> Int {
        guard !isAtEnd else { throw fault(.corrupt, "the compressed bytes hold less than announced") }
        let taken = waiting
        let stream = unsafe self.stream
        // Both pointers stay inside their arrays: `taken` lies in `input` and `range` in `output`, and zlib respects
        // the two counts, which are below 2^32.
        let result = unsafe input.withUnsafeMutableBufferPointer { from in
            unsafe output.withUnsafeMutableBufferPointer { to in
                let available = min(range.count, 1 << 30)
                unsafe stream.pointee.next_in = from.baseAddress.map { unsafe $0 + taken.lowerBound }
                unsafe stream.pointee.avail_in = UInt32(taken.count)
                unsafe stream.pointee.next_out = to.baseAddress.map { unsafe $0 + range.lowerBound }
                unsafe stream.pointee.avail_out = UInt32(available)
                let result = unsafe inflate(stream, Z_NO_FLUSH)
                return unsafe (
                    code: result, left: Int(stream.pointee.avail_in), made: available - Int(stream.pointee.avail_out)
                )
            }
        }
        waiting = (taken.upperBound - result.left)..<taken.upperBound
        switch result.code {
        case Z_OK: break
        case Z_STREAM_END: isAtEnd = true
        case Z_BUF_ERROR where waiting.isEmpty && rest.isEmpty:
            throw fault(.truncated, "the compressed bytes end early")
        case Z_BUF_ERROR: break
        default: throw fault(.corrupt, "the compressed bytes are damaged")
        }
        return result.made
    }

    private mutating func refill() throws {
        guard waiting.isEmpty, !rest.isEmpty else { return }
        let count = min(input.count, rest.count)
        try source.read(count, at: rest.lowerBound, into: &input)
        rest = (rest.lowerBound + count)..<rest.upperBound
        waiting = 0..<count
    }

    /// Checks that the stream ends where its output was announced to end.
    private mutating func finish() throws {
        var probe: [UInt8] = [0]
        while !isAtEnd {
            try refill()
            guard try step(&probe, 0..<1) == 0 else {
                throw fault(.corrupt, "the compressed bytes hold more than announced")
            }
        }
        guard waiting.isEmpty, rest.isEmpty else {
            throw fault(.corrupt, "\(waiting.count + rest.count) bytes follow the compressed ones")
        }
    }

    private func fault(_ code: FormatError.Code, _ problem: String) -> FormatError {
        FormatError(
            code, problem, at: rest.lowerBound - waiting.count, file: source.path, remedy: "Fetch the file again")
    }
}
