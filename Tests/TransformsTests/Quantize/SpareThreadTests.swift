import Numbers
import Synchronization
import Tensors
import Testing

@testable import Transforms

@Suite("Chunks worked on by several threads") struct SpareThreadTests {
    /// Bytes that say in each chunk which one it is.
    private static let source = (0..<64).map { UInt8($0 / 4) }
    private static let chunks = (0..<16).map { SourceChunk(place: $0..<$0 + 1, bytes: 4 * $0..<4 * $0 + 4) }

    /// Notes what it is given, and fails at one of the chunks.
    private struct Noting: ChunkWork {
        var failing: [Int] = []
        var found: UInt8 = 0

        mutating func make(_ chunk: SourceChunk, from bytes: Span<UInt8>) throws {
            if failing.contains(chunk.place.lowerBound) { throw Failure(chunk: chunk.place.lowerBound) }
            found = bytes[3]
        }
    }

    private struct Failure: Error, Equatable {
        let chunk: Int
    }

    @Test("come in order, each once", arguments: [0, 1, 2, 3, 6, 40]) func order(spare: Int) throws {
        var found: [UInt8] = []
        let threads = SpareThreads(count: spare)
        try Self.source.forEachChunk(Self.chunks, work: Noting(), threads: threads) { chunk, made in
            #expect(chunk.place.lowerBound == Int(made.found))
            found.append(made.found)
        }
        #expect(found == Array(0..<16))
        #expect(threads.borrow { $0 } == spare)
    }

    @Test("the first failure is thrown, and what comes before it is taken", arguments: [0, 1, 5])
    func failure(spare: Int) throws {
        var taken = 0
        let threads = SpareThreads(count: spare)
        #expect(throws: Failure(chunk: 5)) {
            try Self.source.forEachChunk(Self.chunks, work: Noting(failing: [9, 7, 5]), threads: threads) { _, _ in
                taken += 1
            }
        }
        #expect(taken <= 5)
        #expect(threads.borrow { $0 } == spare)
    }

    /// Goes on when another chunk is in work too.
    private struct Meeting: ChunkWork {
        let arrived: Counter

        mutating func make(_ chunk: SourceChunk, from bytes: Span<UInt8>) {
            arrived.count.add(1, ordering: .sequentiallyConsistent)
            let end = ContinuousClock.now + .seconds(20)
            while arrived.count.load(ordering: .sequentiallyConsistent) < 2, ContinuousClock.now < end {}
        }
    }

    private final class Counter: Sendable {
        let count = Atomic(0)
    }

    @Test("two chunks are in work at once") func together() throws {
        let counter = Counter(), start = ContinuousClock.now
        try Self.source.forEachChunk(
            Array(Self.chunks.prefix(2)), work: Meeting(arrived: counter), threads: SpareThreads(count: 1)
        ) { _, _ in }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// One of each way to make chunks.
    private static let schemes = [
        "gguf-q4_0", "gguf-q4_k", "gguf-mxfp4", "mlx-affine4", "mlx-mxfp4", "gptq-4-g128", "awq-4-g128",
        "ct-int4-g128", "ct-int8-channel", "ct-nvfp4", "ct-fp8-tensor", "ct-fp8-block128x128", "bnb-int8", "bnb-nf4",
        "bnb-nf4-dq", "fp8-block128",
    ]

    @Test("make the bytes and errors that one thread makes", arguments: schemes, [EncoderQuality.reference, .best])
    func sameBytes(scheme: String, quality: EncoderQuality) throws {
        let columns = 512, shape = try #require(Shape([384, columns]))
        let matrix = MatrixForm(shape: shape, dtype: .BF16, computeDtype: .BF16)
        let bytes = Kernels().bytes(Array(SampleWeights.normal.prefix(shape.elementCount)), as: .BF16)
        let scheme = try TensorScheme(named: scheme)
        var settings = QuantizeSettings(target: .scheme(scheme))
        settings.quality = quality
        let encoder = try scheme.encoder(settings, kernels: Kernels()), count = try encoder.parts(of: matrix).count
        let importance: [Float]? = quality == .best ? (0..<columns).map { 0.5 + Float($0 % 7) } : nil
        let alone = MemoryParts(count: count), helped = MemoryParts(count: count)
        let wanted = try encoder.encode(matrix, bytes, importance: importance, into: alone)
        let errors = try encoder.encode(
            matrix, bytes, importance: importance, threads: SpareThreads(count: 2), into: helped)
        #expect(helped.parts == alone.parts)
        #expect(errors == wanted)
    }
}
