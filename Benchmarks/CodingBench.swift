import Blobs
import Bytes
import Foundation
import Numbers
import Tensors

/// What a coder made of bytes, and how long it took.
struct Coding {
    var byteCount: Int
    var total: Int
    var compress = 0.0
    var decompress = 0.0

    init(byteCount: Int, of total: Int) {
        self.byteCount = byteCount
        self.total = total
    }

    var saving: String { Spread.text(100 * (1 - Double(byteCount) / Double(total)), digits: 2) }

    /// The saving, and GB per CPU-second of the fastest run of each direction.
    var cells: [String] {
        [saving] + [compress, decompress].map { Spread.text(Double(total) / 1e9 / $0, digits: 2) }
    }
}

/// Codes a sample in memory, chunk by chunk, on one thread.
struct CodingBench {
    let sample: WeightSample
    let runs: Int
    private let kernels = Kernels()
    private static let chunkByteCount = 1 << CodedBlobWriter.chunkByteCountLogarithm

    private var words: WordLayout { WordLayout(dtype: sample.dtype) }

    private var chunks: [Range<Int>] {
        stride(from: 0, to: sample.bytes.count, by: Self.chunkByteCount).map {
            $0..<min($0 + Self.chunkByteCount, sample.bytes.count)
        }
    }

    init(sample: WeightSample, runs: Int) {
        self.sample = sample
        self.runs = runs
    }

    /// Ingot's own form of coded blobs.
    func own(_ effort: ChunkEncoder.Effort, base: [UInt8]? = nil) throws -> Coding {
        let encoder = ChunkEncoder(words, effort: effort, kernels: kernels)
        let decoder = ChunkDecoder(kernels: kernels)
        let bases = base.map { base in chunks.map { Array(base[$0]) } }
        var coded: [[UInt8]] = []
        var best = Coding(byteCount: 0, of: sample.bytes.count)
        (best.compress, best.decompress) = (.infinity, .infinity)
        for _ in 0..<runs {
            coded = []
            var seconds = 0.0
            for (index, range) in chunks.enumerated() {
                var count = 0
                seconds +=
                    Elapsed.of {
                        count = encoder.encode(sample.bytes.span.extracting(range), base: bases?[index])
                    }.processor
                coded.append(Array(encoder.output[..<count]))
            }
            best.compress = min(best.compress, seconds)
            var output = [UInt8](repeating: 0, count: Self.chunkByteCount)
            seconds = 0
            for (index, range) in chunks.enumerated() {
                let stored = coded[index]
                seconds += try Elapsed.of {
                    // With the checksum, as a reader does.
                    _ = Kernels.checksum(of: stored.span)
                    try decoder.decode(
                        stored, storedByteCount: stored.count, words: words, byteCount: range.count, into: &output
                    ) { bases?[index] ?? [] }
                }.processor
                guard output[..<range.count] == sample.bytes[range] else {
                    throw BenchError(text: "chunk \(index) differs")
                }
            }
            best.decompress = min(best.decompress, seconds)
        }
        best.byteCount = coded.reduce(0) { $0 + $1.count + 12 }
        return best
    }

    /// zlib's Huffman coder on the planes, each taken where it saves.
    func zlib() throws -> Coding {
        var best = Coding(byteCount: 0, of: sample.bytes.count)
        (best.compress, best.decompress) = (.infinity, .infinity)
        let width = words.width
        let form = width > 1 ? Kernels.PlaneForm(width: width, isTurned: words.isTurned) : nil
        var planes = [UInt8](repeating: 0, count: Self.chunkByteCount)
        for _ in 0..<runs {
            var compress = 0.0, decompress = 0.0, total = 0
            for range in chunks {
                let count = range.count / width
                var made: [(plane: Int, coded: [UInt8])] = []
                compress +=
                    Elapsed.of {
                        if let form {
                            kernels.split(sample.bytes.span.extracting(range), form, into: &planes)
                        } else {
                            planes.replaceSubrange(0..<range.count, with: sample.bytes[range])
                        }
                        for plane in 0..<width {
                            let bytes = planes.span.extracting(plane * count..<(plane + 1) * count)
                            // The highest plane is what pays; the others are tried by a sample, as the own coder does.
                            guard plane == 0 || Kernels.prefixEstimate(of: bytes) < 2016 else { continue }
                            if let coded = Deflation.huffmanOnly(bytes, limit: count) { made.append((plane, coded)) }
                        }
                    }.processor
                total += range.count - made.count * count + made.reduce(0) { $0 + $1.coded.count }
                var output = [UInt8](repeating: 0, count: range.count)
                decompress +=
                    Elapsed.of {
                        for (plane, coded) in made {
                            _ = Deflation.inflate(coded.span, count: count, into: &planes, at: plane * count)
                        }
                        if let form { kernels.join(planes, form, byteCount: count * width, into: &output) }
                    }.processor
            }
            best.compress = min(best.compress, compress)
            best.decompress = min(best.decompress, decompress)
            best.byteCount = total
        }
        return best
    }

    /// What coders of single bytes can save at most, plane by plane, over all of the sample: by Shannon's entropy.
    var boundedShare: Double {
        let width = words.width
        let whole = sample.bytes.count / width * width
        var planes = [UInt8](repeating: 0, count: whole)
        if width > 1 {
            kernels.split(
                sample.bytes.span.extracting(0..<whole), .init(width: width, isTurned: words.isTurned), into: &planes)
        } else {
            planes = sample.bytes
        }
        let count = whole / width
        var bits = 0.0
        for plane in 0..<width {
            var counts = [Int](repeating: 0, count: 256)
            for index in plane * count..<(plane + 1) * count { counts[Int(planes[index])] += 1 }
            bits += counts.filter { $0 > 0 }.reduce(0) { $0 - Double($1) * log2(Double($1) / Double(count)) }
        }
        return 1 - bits / Double(8 * whole)
    }

    /// What this core does at most.
    static func limits(runs: Int) throws -> String {
        let bytes = [UInt8](repeating: 7, count: 64 << 20)
        var copy = [UInt8](repeating: 0, count: bytes.count)
        var copying = Double.infinity, digesting = Double.infinity
        for _ in 0..<runs {
            copying = min(
                copying,
                Elapsed.of {
                    unsafe copy.withUnsafeMutableBytes { unsafe $0.copyBytes(from: bytes) }
                }.processor)
            digesting = min(digesting, Elapsed.of { _ = Digest(of: copy) }.processor)
        }
        let gigabytes = Double(bytes.count) / 1e9
        return "copy \(Spread.text(gigabytes / copying, digits: 1)), SHA-256 "
            + Spread.text(gigabytes / digesting, digits: 2)
    }
}

/// A measurement that shows a fault.
struct BenchError: Error {
    let text: String
}
