import Dispatch
import Synchronization

/// A part of a tensor that is worked on at a time.
struct SourceChunk {
    /// The rows or elements that it consists of.
    let place: Range<Int>
    /// Where they are in the tensor's bytes.
    let bytes: Range<Int>
}

/// What is made of a chunk, with the buffers that this takes: each thread has its own.
protocol ChunkWork: Sendable, SendableMetatype {
    mutating func make(_ chunk: SourceChunk, from bytes: Span<UInt8>) throws
}

extension TensorBytes {
    /// Makes something of each chunk, of several at a time where threads are free, and hands it out in order.
    ///
    /// What is handed out does not depend on the threads: chunks are the same for any number, and are made one without
    /// the other.
    /// - Parameters:
    ///   - work: what each thread begins with.
    ///   - take: receives the chunks in order, with the work that has just made something of it.
    func forEachChunk<Work: ChunkWork>(
        _ chunks: [SourceChunk], work: Work, threads: SpareThreads, take: (SourceChunk, Work) throws -> Void
    ) throws {
        var work = work, crew: [ChunkCrew.Member<Work>] = [], next = 0
        while next < chunks.count {
            try Task.checkCancellation()
            try threads.borrow { spare in
                guard spare > 0 else {
                    let chunk = chunks[next]
                    try lend(chunk.bytes) { try work.make(chunk, from: $0) }
                    try take(chunk, work)
                    return next += 1
                }
                let wave = chunks[next..<min(next + 2 * (spare + 1), chunks.count)]
                while crew.count < wave.count { crew.append(ChunkCrew.Member(work)) }
                for (chunk, member) in zip(wave, crew) {
                    try lend(chunk.bytes) { bytes in member.held.withLock { $0.hold(bytes, of: chunk) } }
                }
                ChunkCrew.run(crew[..<wave.count], threadCount: spare + 1)
                for (chunk, member) in zip(wave, crew) {
                    let made = try member.held.withLock { held in
                        try held.outcome.get()
                        return held.work
                    }
                    try take(chunk, made)
                }
                next += wave.count
            }
        }
    }
}

/// Several chunks that are worked on at once.
private enum ChunkCrew {
    /// One of them, with a copy of its bytes: sources are read by one thread.
    struct Held<Work: ChunkWork> {
        var work: Work
        var outcome: Result<Void, any Error> = .success(())
        private var bytes: [UInt8] = []
        private var chunk = SourceChunk(place: 0..<0, bytes: 0..<0)

        init(_ work: Work) { self.work = work }

        mutating func hold(_ bytes: Span<UInt8>, of chunk: SourceChunk) {
            self.chunk = chunk
            self.bytes.removeAll(keepingCapacity: true)
            // The bytes are copied at once.
            unsafe bytes.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
        }

        mutating func run() {
            let (chunk, bytes) = (chunk, bytes)
            outcome = Result { try work.make(chunk, from: bytes.span) }
        }
    }

    /// The place of one of them. No two threads ever wait for it.
    final class Member<Work: ChunkWork>: Sendable {
        let held: Mutex<Held<Work>>

        init(_ work: Work) { held = Mutex(Held(work)) }
    }

    /// Each member is run by one thread, whichever is free.
    static func run<Work>(_ members: ArraySlice<Member<Work>>, threadCount: Int) {
        let next = Atomic(members.startIndex)
        DispatchQueue.concurrentPerform(iterations: threadCount) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < members.endIndex else { return }
                members[index].held.withLock { $0.run() }
            }
        }
    }
}
