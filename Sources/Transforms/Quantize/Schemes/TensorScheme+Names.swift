package import Bytes
import Formats
import Numbers

extension TensorScheme {
    /// Finds the scheme of a full id (`gguf-q4_k`, `mlx-affine4-g64`), or of a name that leaves out the usual group
    /// (`mlx-affine4`, `gptq-4`) or the family (`nf4`, `q4_k`), where only one family has it.
    /// - Parameter family: the only family that comes into question; nil for all.
    /// - Throws: `FormatError` that lists the candidates of an ambiguous name, and the nearest of an unknown one.
    package init(named name: String, in family: Family? = nil) throws(FormatError) {
        if !Self.names.knows(name), let mixture = GGUFMixture(named: name.lowercased()) {
            throw FormatError(
                .refused, "\(mixture.id) is a mixture of types for a whole model",
                remedy: "Give a single tensor a type of ggml, such as \(Self.example(of: mixture))")
        }
        self = try Self.names.entry(named: name, in: family).value
    }

    private static func example(of mixture: GGUFMixture) -> String {
        "gguf-" + mixture.fileType.base.name.lowercased()
    }

    /// Every scheme that is made, family by family.
    package static let made: [TensorScheme] = names.entries.map(\.value)

    /// The id without its family where no other family has the same, else the id: what a tag is called.
    package var shortName: String { Self.names.shortName(of: id) }

    static let names = NameTable<Self>(
        subject: "scheme",
        entries: bitsAndBytes + blocks + mlx + gptq + awq + compressedTensors + scaledFloats)

    private typealias Entry = NameTable<Self>.Entry

    private static func entry(_ scheme: Self, _ aliases: [String] = []) -> Entry {
        Entry(scheme.id, scheme.family, aliases: aliases, scheme)
    }

    private static let bitsAndBytes: [Entry] =
        ([FourBitScheme.defaultBlockSize] + FourBitScheme.blockSizes.filter { $0 != FourBitScheme.defaultBlockSize })
        .flatMap { size in
            FourBitScheme.known.map { scheme in
                let sized = FourBitScheme(type: scheme.type, isNested: scheme.isNested, blockSize: size)
                return entry(.fourBit(sized), size == FourBitScheme.defaultBlockSize ? ["\(sized.id)-b\(size)"] : [])
            }
        } + [entry(.int8Rows)]

    private static let blocks: [Entry] = [
        BlockType.Q4_0, .Q4_1, .Q5_0, .Q5_1, .Q8_0, .Q2_K, .Q3_K, .Q4_K, .Q5_K, .Q6_K, .IQ4_NL, .IQ4_XS, .TQ1_0,
        .TQ2_0, .MXFP4, .NVFP4, .Q1_0, .Q2_0,
    ].map { entry(.blocks($0)) }

    private static let mlx: [Entry] =
        [2, 3, 4, 5, 6, 8].flatMap { bits in
            [64, 32, 128].map { group in
                entry(
                    .mlx(MLXState(mode: .affine, bits: bits, columnsPerGroup: group)),
                    group == 64 ? ["mlx-affine\(bits)"] : [])
            }
        } + [
            entry(.mlx(MLXState(mode: .mxfp4, bits: 4, columnsPerGroup: 32))),
            entry(.mlx(MLXState(mode: .mxfp8, bits: 8, columnsPerGroup: 32))),
            entry(.mlx(MLXState(mode: .nvfp4, bits: 4, columnsPerGroup: 16))),
        ]

    /// The groups of GPTQ, AWQ and compressed-tensors, the usual one first; nil for a whole row.
    private static let groups: [Int?] = [128, 32, 64, nil]

    private static let gptq: [Entry] = [GPTQState.Version.v1, .v2].flatMap { version in
        [4, 2, 3, 8].flatMap { bits in
            groups.map { group in
                let state = GPTQState(
                    bits: bits, groupSize: group, version: version, isSymmetric: true, hasActOrder: false)
                return entry(.gptq(state), group == 128 ? usual(bits, version) : [])
            }
        }
    }

    /// The names that stand for groups of 128, and for 4 bits and zero points as AutoGPTQ stores them.
    private static func usual(_ bits: Int, _ version: GPTQState.Version) -> [String] {
        ["gptq-\(bits)" + (version == .v2 ? "-v2" : "")] + (bits == 4 && version == .v1 ? ["gptq"] : [])
    }

    private static let awq: [Entry] = groups.map { group in
        entry(
            .awq(AWQState(layout: .gemm, groupSize: group, hasZeroPoints: true)), group == 128 ? ["awq-4", "awq"] : [])
    }

    private static let compressedTensors: [Entry] =
        [true, false].flatMap { isSymmetric in
            groups.map { group in
                let state = CompressedTensorsState(
                    layout: .packed(bits: 4, fillsWords: true),
                    granularity: group.map(ScaleGranularity.group) ?? .channel, isSymmetric: isSymmetric,
                    hasActOrder: false)
                return entry(
                    .compressedTensors(state), group == 128 ? ["ct-int4" + (isSymmetric ? "" : "-asym")] : [])
            }
        } + [
            entry(compressed(.integers(bits: 8), .channel), ["ct-int8"]),
            entry(compressed(.floats(.F8_E4M3), .channel), ["ct-fp8"]),
            entry(compressed(.floats(.F8_E4M3), .tensor)),
            entry(compressed(.floats(.F8_E4M3), .block(rows: 128, columns: 128)), ["ct-fp8-block128"]),
            entry(compressed(.nvfp4, .group(16))), entry(compressed(.mxfp4, .group(32))),
            entry(compressed(.mxfp8, .group(32))),
        ]

    private static func compressed(
        _ layout: CompressedTensorsState.Layout, _ granularity: ScaleGranularity
    ) -> Self {
        .compressedTensors(
            CompressedTensorsState(layout: layout, granularity: granularity, isSymmetric: true, hasActOrder: false))
    }

    private static let scaledFloats: [Entry] = [
        ScaleGranularity.block(rows: 128, columns: 128), .tensor, .channel,
    ].map { entry(.scaledFloat(ScaledFloatState(element: .F8_E4M3, granularity: $0, hasSecondScale: false))) }
}
