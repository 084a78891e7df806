import Bytes
import Synchronization
package import Tensors

/// The last chunks that were decoded, of all blobs that one reader has open, and the buffers to decode more.
package final class ChunkCache: Sendable {
    /// What decoding one chunk takes. Used by one thread at a time: it is taken out of the cache and put back.
    final class Workshop: @unchecked Sendable {
        let decoder: ChunkDecoder
        var stored: [UInt8] = []
        var base: [UInt8] = []
        var output: [UInt8] = []

        init(kernels: Kernels) { decoder = ChunkDecoder(kernels: kernels) }
    }

    private struct Entry {
        let blob: Digest
        let chunk: Int
        let bytes: [UInt8]
    }

    private struct State {
        /// The one that was used last comes last.
        var entries: [Entry] = []
        var workshops: [Workshop] = []
    }

    private let kernels: Kernels
    private let byteCountLimit: Int
    private let state = Mutex(State())

    /// - Parameter byteCount: the most bytes of chunks that are kept.
    package init(byteCount: Int = 6 << 20, kernels: Kernels = Kernels()) {
        byteCountLimit = byteCount
        self.kernels = kernels
    }

    func bytes(of blob: Digest, chunk: Int) -> [UInt8]? {
        state.withLock { state in
            guard let index = state.entries.lastIndex(where: { $0.chunk == chunk && $0.blob == blob }) else {
                return nil
            }
            let entry = state.entries.remove(at: index)
            state.entries.append(entry)
            return entry.bytes
        }
    }

    /// Keeps a chunk; what was used longest ago goes.
    func insert(_ bytes: [UInt8], of blob: Digest, chunk: Int) {
        state.withLock { state in
            state.entries.append(Entry(blob: blob, chunk: chunk, bytes: bytes))
            var total = state.entries.reduce(0) { $0 + $1.bytes.count }
            while total > byteCountLimit, let oldest = state.entries.first {
                total -= oldest.bytes.count
                state.entries.removeFirst()
            }
        }
    }

    func withWorkshop<Result>(_ body: (Workshop) throws -> Result) throws -> Result {
        let workshop = state.withLock { $0.workshops.popLast() } ?? Workshop(kernels: kernels)
        defer { state.withLock { $0.workshops.append(workshop) } }
        return try body(workshop)
    }
}
