import Bytes
import Foundation
import Numbers
import Tensors
import Testing

@testable import Blobs

@Suite("Coded blob") struct CodedBlobTests {
    private let home = NSTemporaryDirectory() + "ingot-coded-" + UUID().uuidString

    /// A store with a staging area, and blobs coded in it.
    private struct Bench {
        let store: BlobStore
        let area: StagingArea

        init(home: String) throws {
            store = BlobStore(home: home)
            try store.prepare()
            area = try StagingArea(in: store, name: "a")
        }

        /// Codes bytes and puts them into the store.
        @discardableResult
        func put(
            _ bytes: [UInt8], _ words: WordLayout, effort: ChunkEncoder.Effort = .quick, base: [UInt8]? = nil,
            level: KernelLevel = .best, logarithm: Int = 12
        ) throws -> SealedCodedBlob {
            let writer = CodedBlobWriter(
                words, effort: effort, kernels: try Kernels(level: level), chunkByteCountLogarithm: logarithm)
            let sealed = try writer.write(
                MemorySource(bytes), digest: Digest(of: bytes),
                base: base.map { (Digest(of: $0), MemorySource($0)) }, in: area, limit: .max)
            let blob = try #require(sealed)
            try store.publish([blob])
            return blob
        }

        func read(_ digest: Digest) throws -> [UInt8] {
            let reader = try store.reader(of: digest, cache: ChunkCache())
            return try reader.bytes(0..<reader.byteCount)
        }
    }

    private static let layouts: [WordLayout] = [
        WordLayout(dtype: .BF16), WordLayout(dtype: .F16), WordLayout(dtype: .F32), WordLayout(dtype: .F64),
        WordLayout(dtype: .I64), WordLayout(dtype: .I32), .bytes,
    ]

    @Test(
        "comes back byte for byte", arguments: layouts,
        [CodedSample.gaussian, .pruned, .constant, .zero, .random, .few])
    func roundTrip(words: WordLayout, sample: CodedSample) throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        for count in [1, 7, 64, 4095, 4096, 4097, 12_345] {
            let bytes = sample.bytes(count, seed: UInt64(count))
            for effort in [ChunkEncoder.Effort.quick, .thorough] {
                try bench.put(bytes, words, effort: effort)
                let back = try bench.read(Digest(of: bytes))
                #expect(back == bytes, "\(count) bytes, \(effort)")
            }
        }
    }

    @Test(
        "holds differences, whatever the base", arguments: layouts,
        [CodedSample.gaussian, .pruned, .zero, .random])
    func differences(words: WordLayout, sample: CodedSample) throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let base = CodedSample.gaussian.bytes(20_001, seed: 3)
        var other = sample.bytes(20_001, seed: 4)
        other.replaceSubrange(5000..<12_000, with: base[5000..<12_000])
        try bench.put(base, words)
        try bench.put(other, words, base: base)
        let back = try bench.read(Digest(of: other))
        #expect(back == other)
    }

    @Test("reads any range without the rest") func ranges() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.gaussian.bytes(50_000, seed: 9)
        try bench.put(bytes, WordLayout(dtype: .BF16))
        let reader = try bench.store.reader(of: Digest(of: bytes), cache: ChunkCache(byteCount: 8192))
        for range in [0..<1, 49_999..<50_000, 4095..<4097, 10_000..<30_001, 0..<50_000, 7..<7] {
            let part = try reader.bytes(range)
            #expect(part == Array(bytes[range]))
        }
        #expect(throws: FormatError.self) { try reader.bytes(49_999..<50_001) }
    }

    @Test("is the same file at every level of instructions", arguments: KernelLevel.allCases.filter(\.isSupported))
    func levels(level: KernelLevel) throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.gaussian.bytes(200_000, seed: 1)
        let base = CodedSample.gaussian.bytes(200_000, seed: 2)
        var found: [String] = []
        for (effort, base) in [(ChunkEncoder.Effort.quick, nil), (.quick, base), (.thorough, base)] {
            let blob = try bench.put(
                bytes, WordLayout(dtype: .BF16), effort: effort, base: base, level: level, logarithm: 16)
            let file = try OpenFile(bench.store.codedPath(of: blob.digest))
            found.append(try file.digest().hex)
        }
        // zlib decides the bytes of the thorough ones, so only those that are ours are pinned.
        #expect(found[0] == Self.pinned, "the format has changed: it needs another version")
    }

    private static let pinned = "aec6a95354927a2ced033a04a2d0a8646d9fde1a002254ac00252cc5c73f533c"

    @Test("saves what the exponents of bell-shaped weights tell") func saving() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.gaussian.bytes(2 << 20, seed: 5)
        let blob = try bench.put(bytes, WordLayout(dtype: .BF16), logarithm: 19)
        // The entropy of exponents and mantissas, each for itself, leaves 65.73 % of such weights.
        let share = Double(blob.storedByteCount) / Double(bytes.count)
        #expect(share < 0.6603 && share > 0.65)
    }

    @Test("takes a thousandth more than bytes that nothing shortens, at most") func incompressible() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.random.bytes(1 << 20, seed: 6)
        let blob = try bench.put(bytes, WordLayout(dtype: .F32), effort: .thorough, logarithm: 19)
        #expect(blob.storedByteCount <= bytes.count + bytes.count / 1000)
    }

    @Test("is not written where it would be longer than allowed") func limit() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.random.bytes(100_000, seed: 7)
        let writer = CodedBlobWriter(WordLayout(dtype: .F32), effort: .quick, kernels: Kernels())
        let sealed = try writer.write(MemorySource(bytes), digest: Digest(of: bytes), in: bench.area, limit: 99_000)
        #expect(sealed == nil)
        #expect(try Folder.entries(of: bench.area.path) == ["lock"])
    }

    @Test("refuses a source whose bytes have another digest") func damagedSource() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let writer = CodedBlobWriter(.bytes, effort: .quick, kernels: Kernels())
        #expect(throws: FormatError.self) {
            try writer.write(MemorySource([1, 2, 3]), digest: Digest(of: "other"), in: bench.area, limit: .max)
        }
    }

    @Test("a copy with a twentieth of its weights changed takes less than a tenth") func changedCopy() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let base = CodedSample.gaussian.bytes(1 << 20, seed: 8)
        let fresh = CodedSample.gaussian.bytes(1 << 20, seed: 9)
        var bytes = base
        var random = CodedSample.Generator(state: 10)
        for word in 0..<bytes.count / 2 where random.next() % 20 == 0 {
            bytes[2 * word] = fresh[2 * word]
            bytes[2 * word + 1] = fresh[2 * word + 1]
        }
        try bench.put(base, WordLayout(dtype: .BF16), logarithm: 19)
        let blob = try bench.put(bytes, WordLayout(dtype: .BF16), base: base, logarithm: 19)
        let back = try bench.read(blob.digest)
        #expect(back == bytes)
        #expect(blob.storedByteCount * 10 < bytes.count)
    }

    @Test("says so when any bit of its file has turned", arguments: 0..<UInt64(40))
    func flippedBit(seed: UInt64) throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.gaussian.bytes(9000, seed: 1)
        let blob = try bench.put(bytes, WordLayout(dtype: .BF16))
        let path = bench.store.codedPath(of: blob.digest)
        var content = try OpenFile(path).bytes(0..<blob.storedByteCount)
        var random = CodedSample.Generator(state: seed + 1)
        let bit = Int(random.next() % UInt64(content.count * 8))
        content[bit / 8] ^= 1 << UInt8(bit % 8)
        try FileManager.default.removeItem(atPath: path)
        try Data(content).write(to: URL(fileURLWithPath: path))
        #expect(throws: FormatError.self, "bit \(bit)") { try bench.read(blob.digest) }
    }

    @Test("refuses a circle of differences") func circle() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let one = CodedSample.gaussian.bytes(5000, seed: 1)
        let two = one.enumerated().map { $0 % 100 == 0 ? $1 ^ 1 : $1 }
        try bench.put(one, WordLayout(dtype: .BF16), base: two)
        try bench.put(two, WordLayout(dtype: .BF16), base: one)
        #expect(throws: FormatError.self) { try bench.read(Digest(of: one)) }
    }

    @Test("stays when the same bytes come again, and gives way to them when it is damaged") func newcomers() throws {
        defer { try? Folder.removeTree(home) }
        let bench = try Bench(home: home)
        let bytes = CodedSample.gaussian.bytes(9000, seed: 1)
        let blob = try bench.put(bytes, WordLayout(dtype: .BF16))
        let path = bench.store.codedPath(of: blob.digest)
        func publish() throws {
            let writer = try BlobWriter(in: bench.area)
            try writer.append(bytes.span)
            try bench.store.publish([try writer.seal()])
        }
        try publish()
        #expect(!Folder.exists(bench.store.path(of: blob.digest)))
        var content = try OpenFile(path).bytes(0..<blob.storedByteCount)
        content[200] ^= 1
        try FileManager.default.removeItem(atPath: path)
        try Data(content).write(to: URL(fileURLWithPath: path))
        try publish()
        #expect(Folder.exists(bench.store.path(of: blob.digest)))
        let back = try bench.read(blob.digest)
        #expect(back == bytes)
    }
}

/// Bytes of a kind that coders meet.
enum CodedSample: String, Sendable {
    /// BF16 weights, bell-shaped.
    case gaussian
    /// The same, four of five zero.
    case pruned
    case constant, zero, random
    /// Three values.
    case few

    func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = Generator(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 2)
        while bytes.count < count {
            switch self {
            case .gaussian, .pruned:
                let isKept = self == .gaussian || random.next() % 5 == 0
                // The sum of twelve uniform numbers is nearly normal, and the same on every machine.
                let sum = (0..<12).reduce(Float(-6)) { sum, _ in sum + Float(random.next() >> 40) * 0x1p-24 }
                let bits = isKept ? UInt16((sum * 0.02).bitPattern >> 16) : 0
                bytes += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
            case .constant: bytes.append(7)
            case .zero: bytes.append(0)
            case .random: bytes.append(UInt8(random.next() >> 56))
            case .few: bytes.append([1, 2, 200][Int(random.next() >> 33) % 3])
            }
        }
        return Array(bytes[..<count])
    }

    struct Generator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
