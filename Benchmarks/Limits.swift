import Bytes
import Foundation

/// What the machine can do with a file, in gigabytes per second of processor time: the floor under every act.
struct Limits {
    var copy: [Double] = []
    var digest: [Double] = []
    var memoryCopy: [Double] = []

    /// - Parameters:
    ///   - path: the file to read; twice, so that it is in the page cache.
    ///   - scratch: where its copy goes; it is removed.
    static func measure(path: String, scratch: String, runs: Int) throws -> Limits {
        let file = try OpenFile(path)
        let gigabytes = Double(file.byteCount) / 1e9
        var limits = Limits()
        try pass(over: file) { _ in }
        for _ in 0..<runs {
            limits.copy.append(try gigabytes / copy(file, to: scratch).processor)
            var stream = DigestStream()
            let elapsed = try Elapsed.of { try pass(over: file) { stream.update($0) } }
            let reading = try Elapsed.of { try pass(over: file) { _ in } }
            limits.digest.append(gigabytes / (elapsed.processor - reading.processor))
            _ = stream.finish()
            limits.memoryCopy.append(memoryCopy())
        }
        return limits
    }

    var rows: [[String]] {
        [
            ["plain copy of the file"] + Spread(copy).cells, ["SHA-256 (swift-crypto)"] + Spread(digest).cells,
            ["memcpy, 64 MB"] + Spread(memoryCopy).cells,
        ]
    }

    private static func pass(over file: OpenFile, _ use: (Span<UInt8>) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for start in stride(from: 0, to: file.byteCount, by: buffer.count) {
            let count = min(buffer.count, file.byteCount - start)
            try file.read(count, at: start, into: &buffer)
            try use(buffer.span.extracting(0..<count))
        }
    }

    private static func copy(_ file: OpenFile, to scratch: String) throws -> Elapsed {
        try Data().write(to: URL(fileURLWithPath: scratch))
        let target = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch))
        let elapsed = try Elapsed.of {
            try pass(over: file) { bytes in
                var done = 0
                while done < bytes.count {
                    // `done ..< count` lies within the span.
                    let step = unsafe bytes.withUnsafeBytes { source in
                        unsafe write(
                            target.fileDescriptor, source.baseAddress.map { unsafe $0 + done }, source.count - done)
                    }
                    guard step > 0 else { throw FileError("write", scratch, number: errno) }
                    done += step
                }
            }
        }
        try target.close()
        try FileManager.default.removeItem(atPath: scratch)
        return elapsed
    }

    private static func memoryCopy() -> Double {
        let source = [UInt8](repeating: 7, count: 64 << 20)
        var target = [UInt8](repeating: 0, count: source.count)
        let rounds = 8
        let elapsed = Elapsed.of {
            for _ in 0..<rounds {
                // Both arrays have the same length.
                unsafe target.withUnsafeMutableBytes { target in
                    unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
                }
            }
        }
        return target[rounds] == 7 ? Double(source.count * rounds) / 1e9 / elapsed.processor : 0
    }
}
