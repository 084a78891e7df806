import ArgumentParser
import Numbers
import Tensors

/// Measures the decoders and encoders of ggml's blocks and the casts, in gigabytes of float32 (or of the cast's input) per second of
/// processor time, beside memcpy over as many bytes.
struct BlocksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract: "Measure decoding and encoding ggml's blocks and casting, and memcpy beside them.")

    @Option(help: "How often to measure.") var runs = 7
    @Option(help: "MB of float32 that are decoded at a time.") var megabytes = 64
    @Flag(help: "Measure every level that this machine runs, not only the best.") var allLevels = false

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
        guard (1...4096).contains(megabytes) else {
            throw ValidationError("--megabytes must be 1 to 4096, got \(megabytes).")
        }
    }

    private var elementCount: Int { megabytes << 18 }

    func run() throws {
        let memory = median((0..<runs).map { _ in memoryCopy() })
        print("memcpy of \(megabytes) MB: \(Spread.text(memory, digits: 2)) GB/s")
        var rows = [["GB per CPU-second", "min", "median", "max", "÷ memcpy"]]
        for level in KernelLevel.allCases where level.isSupported && (allLevels || level == .best) {
            let kernels = try Kernels(level: level)
            for type in BlockType.allCases { rows.append(decode(type, kernels, memory)) }
            let input = LittleEndianFloats.decode(weights(.F32, count: max(Self.columns, elementCount / 16)))
            for type in Kernels.encodedBlocks {
                for quality in EncoderQuality.allCases {
                    rows.append(encode(type, quality, input, [], kernels, memory))
                    rows.append(encode(type, quality, input, Self.importance, kernels, memory))
                }
            }
            for from in [DType.BF16, .F16, .F32] {
                for to in Kernels.castTypes { rows.append(cast(from, to, kernels, memory)) }
            }
        }
        printTable(rows)
    }

    private func decode(_ type: BlockType, _ kernels: Kernels, _ memory: Double) -> [String] {
        let blocks = Self.blocks(type, count: elementCount / type.elementCount)
        var weights = [Float](repeating: 0, count: blocks.count / type.byteCount * type.elementCount)
        return row("\(kernels.level) \(type) decode", byteCount: weights.count * 4, memory) {
            var span = weights.mutableSpan
            kernels.decodeBlocks(type, blocks.span, into: &span)
        }
    }

    private static let columns = 4096
    /// Numbers such as an importance matrix holds.
    private static let importance = (0..<columns).map { 0.01 + Float($0 % 61) / 7 }

    private func encode(
        _ type: BlockType, _ quality: EncoderQuality, _ input: [Float], _ importance: [Float], _ kernels: Kernels,
        _ memory: Double
    ) -> [String] {
        var blocks = [UInt8](repeating: 0, count: input.count / type.elementCount * type.byteCount)
        let name = "\(kernels.level) \(type) \(quality)" + (importance.isEmpty ? "" : ", importances")
        return row(name, byteCount: input.count * 4, memory) {
            var span = blocks.mutableSpan
            let counts = kernels.encodeBlocks(
                type, quality: quality, rows: input.span, columns: Self.columns, importance: importance, into: &span)
            if counts.specialCount > 0 { print("a scale is not finite") }
        }
    }

    private func cast(_ from: DType, _ to: DType, _ kernels: Kernels, _ memory: Double) -> [String] {
        let input = weights(from, count: elementCount)
        var output = [UInt8](repeating: 0, count: elementCount * to.bitCount / 8)
        return row("\(kernels.level) \(from) to \(to)", byteCount: input.count, memory) {
            var span = output.mutableSpan
            if kernels.cast(from: from, to: to, input: input.span, into: &span).nan > 0 { print("NaN among them") }
        }
    }

    private func row(_ name: String, byteCount: Int, _ memory: Double, _ act: () -> Void) -> [String] {
        act()
        let rates = (0..<runs).map { _ in Double(byteCount) / 1e9 / Elapsed.of(act).processor }
        return [name] + Spread(rates).cells + [Spread.text(median(rates) / memory, digits: 2)]
    }

    /// Weights like a model's in BF16, cast to `dtype`.
    private func weights(_ dtype: DType, count: Int) -> [UInt8] {
        var brains: [UInt8] = []
        WeightSource().rows(0..<count / 1024, width: 1024, seed: 1, into: &brains)
        var output = [UInt8](repeating: 0, count: count * dtype.bitCount / 8)
        var span = output.mutableSpan
        _ = Kernels().cast(from: .BF16, to: dtype, input: brains.span, into: &span)
        return output
    }

    /// Random codes; the bits that could make a half-precision scale infinite are cleared everywhere.
    private static func blocks(_ type: BlockType, count: Int) -> [UInt8] {
        var random = WordGenerator(state: UInt64(type.ggmlID))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * type.byteCount + 8)
        while bytes.count < count * type.byteCount {
            let word = random.next() & 0xBFBF_BFBF_BFBF_BFBF
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Array(bytes.prefix(count * type.byteCount))
    }

    private func memoryCopy() -> Double {
        let source = [UInt8](repeating: 7, count: elementCount * 4)
        var target = [UInt8](repeating: 0, count: source.count)
        let elapsed = Elapsed.of {
            // Both arrays have the same length.
            unsafe target.withUnsafeMutableBytes { target in
                unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            }
        }
        return target[target.count / 2] == 7 ? Double(source.count) / 1e9 / elapsed.processor : 0
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
