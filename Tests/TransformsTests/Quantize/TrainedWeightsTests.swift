import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Better encoders on trained weights") struct TrainedWeightsTests {
    /// A matrix of [256, 768], in BF16.
    static let source = "model.layers.0.mlp.down_proj.weight"

    /// The schemes in which a search finds nothing: the mean magnitude is the best scale of signs alone, and another
    /// power of two gives numbers of 8 bits the same steps.
    static let unchanged: Set<String> = ["gguf-q1_0", "mlx-mxfp8", "ct-mxfp8"]

    static let nestedIDs = TensorScheme.made.compactMap { scheme in
        if case .fourBit(let form) = scheme, form.isNested { scheme.id } else { nil }
    }

    private static func made(
        _ scheme: TensorScheme, _ quality: EncoderQuality, _ entry: StoredFile.Entry
    ) throws -> (bytes: [[UInt8]], decoded: [Float]) {
        var settings = QuantizeSettings(target: .scheme(scheme))
        settings.quality = quality
        let matrix = MatrixForm(shape: entry.shape, dtype: .BF16, computeDtype: .BF16)
        let made = try EncodedMatrix(scheme.encoder(settings, kernels: Kernels()), matrix, entry.bytes)
        let config = WrittenScheme.all.first { $0.id == scheme.id }?.config ?? "{}"
        return (made.parts, try made.decoded(config: config))
    }

    /// So many neighbors share a scale.
    private static func blockSize(of scheme: TensorScheme, columns: Int, count: Int) -> Int {
        switch scheme {
        case .scaledFloat(let state):
            switch state.granularity {
            case .group(let size): size
            case .channel: columns
            case .tensor, .block: count
            }
        case .compressedTensors(let state):
            switch state.granularity {
            case .group(let size): size
            case .channel: columns
            case .tensor, .block: count
            }
        default: scheme.groupSize ?? columns
        }
    }

    @Test(
        "make other bytes, and no block worse",
        arguments: TensorScheme.made.map(\.id).filter { !nestedIDs.contains($0) })
    func better(id: String) throws {
        let scheme = try TensorScheme(named: id)
        let entry = try #require(try StoredFile("models/tiny-llama/model.safetensors")[Self.source])
        let weights = EncodedMatrix.floats(entry.bytes, .BF16)
        try #require(768 % scheme.columnMultiple == 0)
        let reference = try Self.made(scheme, .reference, entry), best = try Self.made(scheme, .best, entry)
        #expect((reference.bytes == best.bytes) == Self.unchanged.contains(id), "unchanged=\(id)")
        let size = Self.blockSize(of: scheme, columns: 768, count: weights.count)
        let errors = [reference.decoded, best.decoded].map { decoded in
            stride(from: 0, to: weights.count, by: size).map { start in
                (start..<min(start + size, weights.count)).reduce(0.0) { sum, index in
                    let error = Double(weights[index]) - Double(decoded[index])
                    return sum + error * error
                }
            }
        }
        let worse = zip(errors[0], errors[1]).count { $0 < $1 }
        #expect(worse == 0, "\(worse) of \(errors[0].count) blocks")
    }

    /// Their blocks' scales are rounded after they were chosen, so that only the whole can be promised.
    @Test("make other bytes and a lesser error where scales are nested", arguments: nestedIDs)
    func nested(id: String) throws {
        guard case .fourBit(let scheme) = try TensorScheme(named: id) else { return }
        let entry = try #require(try StoredFile("models/tiny-llama/model.safetensors")[Self.source])
        let made = try EncoderQuality.allCases.map { quality in
            try FourBitEncoder(scheme: scheme, quality: quality, kernels: Kernels()).encode(
                DenseMatrix(dtype: .BF16, shape: entry.shape), bytes: entry.bytes)
        }
        #expect(EncoderQuality.allCases == [.reference, .best])
        #expect(made[0].parts.map(\.bytes) != made[1].parts.map(\.bytes))
        #expect(try #require(made[1].errors?.relativeRMSE) < #require(made[0].errors?.relativeRMSE))
    }
}
