import Blobs
import Bytes
import Foundation
import Numbers
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A store with a coded blob, and another that is a difference from it: each tensor is a blob of its own, so what else an
/// artifact holds makes no difference.
struct ReadingBench {
    private let folder: String
    private let store: BlobStore
    private let digest: Digest
    private let byteCount: Int

    init(folder: String, base: [UInt8]) throws {
        self.folder = folder
        store = BlobStore(home: folder)
        try store.prepare()
        var changed = base
        var random = WordGenerator(state: 3)
        // A fine-tune moves nearly every weight by little.
        for word in 0..<base.count / 2 { changed[2 * word] ^= UInt8(random.next() % 16) }
        byteCount = base.count
        digest = Digest(of: changed)
        let area = try StagingArea(in: store, name: "bench-\(getpid())")
        let writer = CodedBlobWriter(WordLayout(dtype: .BF16), effort: .quick, kernels: Kernels())
        let first = MemorySource(base), second = MemorySource(changed)
        guard let coded = try writer.write(first, digest: Digest(of: base), in: area, limit: .max),
            let difference = try writer.write(
                second, digest: digest, base: (Digest(of: base), first), in: area, limit: .max),
            difference.base != nil
        else { throw BenchError(text: "the tensor is not stored as a difference") }
        try store.publish([coded, difference])
        try area.discard()
    }

    /// Opens the blob and reads all of it; what it takes in memory beyond what the process held before.
    func read() throws -> (elapsed: Elapsed, megabytes: Double) {
        let before = Self.resident()
        var after = before
        let elapsed = try Elapsed.of {
            let reader = try store.reader(of: digest, cache: ChunkCache())
            var buffer = [UInt8](repeating: 0, count: byteCount)
            try reader.read(byteCount, at: 0, into: &buffer)
            after = Self.resident()
        }
        return (elapsed, Double(after - before) / 1e6)
    }

    /// Bytes that are in memory now; 0 where the system does not tell.
    private static func resident() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
