import ArgumentParser
import Bytes
import Numbers
import Tensors

/// Measures the hot loops by themselves, on weights in the cache.
struct KernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels", abstract: "Measure the kernels at each level that this machine runs.")

    @Option(help: "How often to measure.") var runs = 9

    func validate() throws {
        guard runs > 0 else { throw ValidationError("--runs must be above 0, got \(runs).") }
    }

    /// 1 MiB of BF16 at a time, as the registry streams it, 64 times a measurement.
    private static let rounds = 64
    private static let width = 1024

    func run() throws {
        var input: [UInt8] = []
        WeightSource().rows(0..<512, width: Self.width, seed: 1, into: &input)
        var rows = [["GB of BF16 per CPU-second", "min", "median", "max"]]
        for level in KernelLevel.allCases where level.isSupported {
            rows += try measure(Kernels(level: level), input)
        }
        rows += digests(input)
        rows += nested(count: input.count / 128)
        printTable(rows)
    }

    private func measure(_ kernels: Kernels, _ input: [UInt8]) throws -> [[String]] {
        var rows: [[String]] = []
        func add(_ name: String, _ act: () -> Void) {
            rows.append(["\(kernels.level) \(name)"] + spread(byteCount: input.count, act).cells)
        }
        add("statistics") {
            var accumulator = StatisticsAccumulator(dtype: .BF16, kernels: kernels)
            accumulator.update(input.span)
            if accumulator.finish().nanCount > 0 { print("NaN among the weights") }
        }
        for type in FourBitType.allCases {
            var codes = [UInt8](repeating: 0, count: input.count / 4)
            var absmax = [Float](repeating: 0, count: input.count / 128)
            var output = [UInt8](repeating: 0, count: input.count)
            add("\(type) encode") {
                var codeSpan = codes.mutableSpan
                var absmaxSpan = absmax.mutableSpan
                kernels.encodeFourBit(
                    type, dtype: .BF16, input: input.span, blockSize: 64, codes: &codeSpan, absmax: &absmaxSpan)
            }
            add("\(type) measure") {
                let sums = kernels.measureFourBit(
                    type, dtype: .BF16, input: input.span, codes: codes.span, absmax: absmax.span, blockSize: 64)
                if sums.relativeRMSE == nil { print("no error was measured") }
            }
            add("\(type) decode") {
                var span = output.mutableSpan
                kernels.decodeFourBit(
                    type, codes: codes.span, absmax: absmax.span, blockSize: 64, count: input.count / 2, into: &span,
                    as: .BF16)
            }
        }
        for bits in [4, 8] {
            let form = CodeForm(bits: bits, order: .scaleThenShift, dtype: .BF16), count = input.count / 2
            let scales = [Float](repeating: 0.01, count: count / 64)
            var output = [Float](repeating: 0, count: count)
            add("MLX affine \(bits)-bit decode, to float32") {
                var span = output.mutableSpan
                kernels.decodeCodes(
                    form, codes: input.span, scales: scales.span, shifts: scales.span, groupSize: 64, count: count,
                    into: &span)
            }
        }
        return rows
    }

    /// A file's and a tensor's digest over the same bytes; the tensor begins 8 bytes into a block of the file.
    private func digests(_ input: [UInt8]) -> [[String]] {
        var rows: [[String]] = []
        for implementation in PairedDigest.Implementation.allCases where implementation.isSupported {
            let spread = spread(byteCount: input.count) {
                var pair = PairedDigest(implementation)
                pair.updateFileOnly(input.span.extracting(0..<8))
                pair.beginTensor()
                pair.updateBoth(input.span)
                if pair.finishTensor() == pair.finishFile() { print("two digests are equal") }
            }
            rows.append(["two SHA-256, paired, \(implementation)"] + spread.cells)
        }
        let spread = spread(byteCount: input.count) {
            var file = DigestStream(), tensor = DigestStream()
            file.update(input.span.extracting(0..<8))
            file.update(input.span)
            tensor.update(input.span)
            if file.finish() == tensor.finish() { print("two digests are equal") }
        }
        return rows + [["two SHA-256, one after the other (swift-crypto)"] + spread.cells]
    }

    /// Absmax values of blocks of 64, quantized again; counted by the bytes of the weights that they belong to.
    private func nested(count: Int) -> [[String]] {
        let absmax = (0..<count).map { 0.02 + Float($0 % 97) * 0.001 }
        let spread = spread(byteCount: count * 128) {
            if NestedAbsmax(quantizing: absmax).codes.isEmpty { print("no absmax was quantized") }
        }
        return [["nested absmax"] + spread.cells]
    }

    private func spread(byteCount: Int, _ act: () -> Void) -> Spread {
        act()
        return Spread(
            (0..<runs).map { _ in
                let elapsed = Elapsed.of { for _ in 0..<Self.rounds { act() } }
                return Double(byteCount * Self.rounds) / 1e9 / elapsed.processor
            })
    }
}
