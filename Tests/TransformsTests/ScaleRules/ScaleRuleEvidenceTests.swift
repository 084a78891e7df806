import Formats
import Foundation
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Rules of MX scales") struct ScaleRuleEvidenceTests {
    static let schemes = ["gguf-mxfp4", "mlx-mxfp4", "mlx-mxfp8", "ct-mxfp4", "ct-mxfp8"]

    /// Normal weights in BF16, whose rows have scales that fill an octave evenly.
    static let weights: [Float] = {
        let columns = 4096
        return (0..<128).flatMap { row in
            let scale = exp2(Float(row) / 128)
            return SampleWeights.normal[row * columns..<(row + 1) * columns].map { $0 / scale }
        }
    }()

    static func evidence(
        _ scheme: String, _ rule: E8M0Rule?, _ quality: EncoderQuality = .reference, _ numbers: [Float] = weights
    ) throws -> ScaleRuleEvidence {
        let scheme = try TensorScheme(named: scheme)
        var settings = QuantizeSettings(target: .scheme(scheme))
        settings.scaleRule = rule
        settings.quality = quality
        let matrix = MatrixForm(
            shape: try #require(Shape([numbers.count / 4096, 4096])), dtype: .BF16, computeDtype: .BF16)
        let made = try EncodedMatrix(
            scheme.encoder(settings, kernels: Kernels()), matrix, SampleWeights.bytes(numbers, as: .BF16))
        let config = WrittenScheme.all.first { $0.id == scheme.id }?.config ?? "{}"
        return try #require(try ScaleRuleEvidence(of: try made.recognized(config: config), parts: made))
    }

    @Test("are those that no block excludes", arguments: schemes, E8M0Rule.allCases)
    func made(scheme: String, rule: E8M0Rule) throws {
        let found = try Self.evidence(scheme, rule)
        let expected: [E8M0Rule] =
            switch (scheme, rule) {
            case (_, .ceil) where scheme.hasSuffix("8"), (_, .bump) where scheme.hasSuffix("8"): [.ceil, .bump]
            case ("mlx-mxfp8", .floor), ("ct-mxfp8", .floor): [.floor, .ceil, .bump]
            case ("ct-mxfp4", .ceil): [.ceil]
            // ggml and MLX round 3.5 down, which only these two give.
            case ("gguf-mxfp4", .ceil), ("gguf-mxfp4", .bump): [.ceil, .bump]
            case ("mlx-mxfp4", .ceil), ("mlx-mxfp4", .bump): [.ceil, .bump]
            default: E8M0Rule.allCases
            }
        #expect(found.rules == expected)
        #expect(found.blockCount == Self.weights.count / 32)
        #expect(found.tellingBlockCount == found.blockCount)
    }

    /// What docs/quantization.md tells of weights whose greatest magnitudes are spread evenly over octaves. So few rows
    /// are not quite, which moves a share by less than two percent of the blocks.
    @Test(
        "leave the shares that are told",
        arguments: [
            ("ct-mxfp4", E8M0Rule.floor, [0.678, 0.322, 0, 0]), ("ct-mxfp4", .nearest, [0.763, 0.237, 0, 0]),
            ("ct-mxfp4", .ceil, [0.263, 0.515, 0.222, 0]), ("ct-mxfp4", .bump, [0.485, 0.515, 0, 0]),
            ("ct-mxfp8", .floor, [0.752, 0.248, 0, 0]), ("ct-mxfp8", .nearest, [1, 0, 0, 0]),
            ("ct-mxfp8", .ceil, [0.559, 0.294, 0.147, 0]), ("ct-mxfp8", .bump, [0.559, 0.294, 0.147, 0]),
        ])
    func shares(scheme: String, rule: E8M0Rule, expected: [Double]) throws {
        let found = try Self.evidence(scheme, rule)
        let shares = found.classes.map { Double($0.blockCount) / Double(found.tellingBlockCount) }
        for (share, expected) in zip(shares, expected) {
            #expect(expected == 0 ? share == 0 : abs(share - expected) < 0.02, "\(shares)")
        }
    }

    /// A search weighs the clipping of the greatest element against the rest: it stays within what `bump` could give.
    @Test("are not excluded by the scales of the better encoder", arguments: schemes.filter { $0.hasSuffix("4") })
    func searched(scheme: String) throws {
        let found = try Self.evidence(scheme, nil, .best)
        #expect(found.rules.contains(.bump))
        let shares = found.classes.map { Double($0.blockCount) / Double(found.tellingBlockCount) }
        for (share, expected) in zip(shares, [0.526, 0.474, 0, 0]) { #expect(abs(share - expected) < 0.02, "\(shares)") }
    }

    /// The rule of each library is the one that its files were made by.
    @Test("hold of the libraries' own files", arguments: GoldenDequantizeTests.folders)
    func libraries(folder: String) throws {
        let (tensors, files) = try GoldenDequantizeTests.model(folder)
        for tensor in tensors {
            let parts = FileParts(tensor, sources: files)
            guard let found = try ScaleRuleEvidence(of: tensor, parts: parts) else {
                #expect(tensor.scheme?.contains("mxfp") != true, "\(tensor.name)")
                continue
            }
            #expect(found.blockCount == tensor.shape.elementCount / 32)
            // Random codes and exponents stand in the rest.
            guard let scheme = tensor.scheme, !folder.hasPrefix("gpt-oss"), !folder.hasPrefix("fp8") else { continue }
            #expect(found.rules.contains(scheme.hasPrefix("mlx") ? .ceil : .bump), "\(tensor.name)")
        }
    }

    @Test("hold of ggml's blocks") func ggml() throws {
        let golden = try StoredFile("ggml_blocks/ggml_blocks.safetensors")
        let names = golden.names.filter { $0.hasSuffix("/MXFP4/blocks") }
        #expect(names.count > 10)
        for name in names {
            var found = ScaleRuleEvidence(.f4)
            let blocks = try #require(golden[name]).bytes
            found.add(blocks: blocks.span)
            #expect(found.rules.contains(.floor), "\(name)")
        }
    }

    @Test("are not told by zeros, by what is no number, nor by scales at the ends") func nothing() {
        var four = ScaleRuleEvidence(.f4), eight = ScaleRuleEvidence(.f8)
        let zeros = [UInt8](repeating: 0x80, count: 16), low = [UInt8](repeating: 0x22, count: 16)
        four.add(codes: zeros.span, scales: [120].span)
        let ends: [UInt8] = [0, 254, 255]
        for scale in ends { four.add(codes: low.span, scales: [scale].span) }
        let none = [UInt8](repeating: 0xFF, count: 32)
        eight.add(codes: none.span, scales: [120].span)
        #expect((four.blockCount, four.tellingBlockCount, eight.tellingBlockCount) == (4, 0, 0))
        #expect(four.rules == E8M0Rule.allCases)
        four.add(codes: low.span, scales: [120].span)
        #expect(four.tellingBlockCount == 1)
        #expect(four.rules == [])
    }
}
