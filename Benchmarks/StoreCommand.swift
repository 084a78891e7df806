import ArgumentParser
import Blobs
import Bytes
import Foundation
import Numbers
import Tensors

/// Measures coded blobs: what they save, and how fast they are.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Measure what coded blobs save and cost, in memory and on one thread, beside zlib, zipnn and zstd.",
        discussion: """
            ingot-benchmarks store --work /tmp/bench --weights model.safetensors --peers $(scripts/peers.sh)
            """)

    @Option(help: "A folder for scratch files; it is made when it is missing.") var work: String
    @Option(help: "Weights to measure beside made-up Gaussian ones; may be given again.") var weights: [String] = []
    @Option(help: "A file of weights that --fine was made from.") var base: String?
    @Option(help: "A file with tensors of the same names as --base.") var fine: String?
    @Option(help: "The most megabytes to take of each.") var megabytes = 64
    @Option(help: "How often to measure.") var runs = 5
    @Option(help: "A Python with zipnn and zstandard, such as scripts/peers.sh prints.") var peers: String?

    func validate() throws {
        guard runs > 0, megabytes > 0 else { throw ValidationError("--runs and --megabytes must be above 0.") }
        guard (base == nil) == (fine == nil) else { throw ValidationError("--base and --fine go together.") }
    }

    func run() throws {
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        print("limits, GB per CPU-second: \(try CodingBench.limits(runs: runs))")
        let source = WeightSource()
        var bytes: [UInt8] = []
        source.rows(0..<megabytes * 256, width: 2048, seed: 1, into: &bytes)
        try measure("Gaussian, BF16", [WeightSample(dtype: .BF16, bytes: bytes)])
        for path in weights {
            try measure((path as NSString).lastPathComponent, try WeightSample.read(path, limit: megabytes << 20))
        }
        if let base, let fine { try measurePair(base, fine) }
        try measureChange(bytes)
        try measureMerge(bytes)
    }

    private func measure(_ name: String, _ samples: [WeightSample]) throws {
        for sample in samples {
            let bench = CodingBench(sample: sample, runs: runs)
            let title = "\(name), \(sample.dtype), \(sample.bytes.count / 1_000_000) MB"
            var rows = [[title, "saved %", "compress", "decompress GB/s"]]
            rows.append(["order-0 bound of the planes", Spread.text(100 * bench.boundedShare, digits: 2), "", ""])
            rows.append(["own coder"] + (try bench.own(.quick)).cells)
            rows.append(["own coder, max"] + (try bench.own(.thorough)).cells)
            rows.append(["zlib, Huffman only"] + (try bench.zlib()).cells)
            rows += try peerRows([sample.bytes], sample.dtype)
            printTable(rows)
            print("")
        }
    }

    private func measurePair(_ base: String, _ fine: String) throws {
        let pairs = try WeightSample.pairs(base, fine)
        let total = pairs.reduce(0) { $0 + $1.fine.bytes.count }
        var alone = 0, together = 0
        for pair in pairs {
            let bench = CodingBench(sample: pair.fine, runs: 1)
            alone += try bench.own(.thorough).byteCount
            together += try bench.own(.thorough, base: pair.base.bytes).byteCount
        }
        var rows = [["\((fine as NSString).lastPathComponent) from its base, \(total) bytes", "saved %", "", ""]]
        rows.append(["planes alone", Coding(byteCount: alone, of: total).saving, "", ""])
        rows.append(["differences", Coding(byteCount: together, of: total).saving, "", ""])
        rows += try peerRows(
            [pairs.flatMap(\.fine.bytes), pairs.flatMap(\.base.bytes)], pairs.first?.fine.dtype ?? .BF16)
        printTable(rows)
        print("")
    }

    /// A copy of which every twentieth weight is another.
    private func measureChange(_ bytes: [UInt8]) throws {
        var changed = bytes, fresh: [UInt8] = []
        WeightSource().rows(0..<bytes.count / 4096, width: 2048, seed: 99, into: &fresh)
        var random = WordGenerator(state: 5)
        for word in 0..<bytes.count / 2 where random.next() % 20 == 0 {
            changed[2 * word] = fresh[2 * word]
            changed[2 * word + 1] = fresh[2 * word + 1]
        }
        let bench = CodingBench(sample: WeightSample(dtype: .BF16, bytes: changed), runs: 1)
        printTable([
            ["5 % of the weights changed", "saved %", "compress", "decompress GB/s"],
            ["differences"] + (try bench.own(.quick, base: bytes)).cells,
        ])
        print("")
    }

    /// A copy to which a LoRA update of rank 8 was added, of a tenth of the weights' norm.
    private func measureMerge(_ bytes: [UInt8]) throws {
        let width = 2048, rank = 8
        let height = bytes.count / 2 / width
        var random = WordGenerator(state: 7)
        // Uniform numbers of variance 1/3 in both factors: an entry of their product has the variance rank / 9.
        func factor(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.next() % 65536) / 32768 - 1 } }
        let down = factor(rank * width), up = factor(height * rank)
        var merged = bytes
        var squares = Float(0)
        for word in 0..<min(1 << 20, bytes.count / 2) {
            let weight = Self.number(bytes, word)
            squares += weight * weight
        }
        let deviation = (squares / Float(min(1 << 20, bytes.count / 2))).squareRoot()
        let scale = 0.1 * deviation / (Float(rank) / 9).squareRoot()
        for row in 0..<height {
            for column in 0..<width {
                var update = Float(0)
                for step in 0..<rank { update += up[row * rank + step] * down[step * width + column] }
                let word = row * width + column
                let bits = (Self.number(bytes, word) + scale * update).bitPattern
                let rounded = UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
                merged[2 * word] = UInt8(truncatingIfNeeded: rounded)
                merged[2 * word + 1] = UInt8(truncatingIfNeeded: rounded >> 8)
            }
        }
        let bench = CodingBench(sample: WeightSample(dtype: .BF16, bytes: merged), runs: 1)
        printTable([
            ["a LoRA merge of rank 8, a tenth of the norm", "saved %", "compress", "decompress GB/s"],
            ["differences"] + (try bench.own(.thorough, base: bytes)).cells,
        ])
        print("")
    }

    /// A BF16 as a number.
    private static func number(_ bytes: [UInt8], _ word: Int) -> Float {
        Float(bitPattern: UInt32(bytes[2 * word]) << 16 | UInt32(bytes[2 * word + 1]) << 24)
    }

    private func peerRows(_ files: [[UInt8]], _ dtype: DType) throws -> [[String]] {
        guard let peers else { return [] }
        let paths = try files.enumerated().map { index, bytes in
            let path = "\(work)/peer-\(index)"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return path
        }
        defer { for path in paths { _ = unsafe unlink(path) } }
        let table = work + "/peers"
        _ = try ChildProcess.run(
            [peers, "scripts/peers/zipnn_store.py", dtype.rawValue, String(runs), table] + paths, environment: [:])
        defer { _ = unsafe unlink(table) }
        let output = try String(contentsOfFile: table, encoding: .utf8)
        return output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    }
}
