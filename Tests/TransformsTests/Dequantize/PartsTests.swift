import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

/// Parts in memory, to be changed.
struct ChangedParts: PartBytes {
    var parts: [String: [UInt8]]

    init(_ tensor: LogicalTensor, _ files: [OpenFile]) throws {
        let held = FileParts(tensor, sources: files)
        parts = [:]
        for part in tensor.parts { parts[part.role] = try held.bytes(part.role, 0..<(held.byteCount(part.role) ?? 0)) }
    }

    func byteCount(_ role: String) -> Int? { parts[role]?.count }
    func bytes(_ role: String, _ range: Range<Int>) throws -> [UInt8] { Array((parts[role] ?? [])[range]) }
}

@Suite("Parts of a quantized tensor") struct PartsTests {
    static let needed: [(folder: String, roles: [String])] = [
        ("gptq-w4g64-actorder", ["codes", "zeros", "scales", "g_idx"]), ("awq-w4g32", ["codes", "zeros", "scales"]),
        ("awq-gemv-w4g64", ["codes", "zeros", "scales"]), ("ct-int4-asym-g128", ["codes", "scale", "zero_point"]),
        ("ct-int4-actorder", ["codes", "scale", "g_idx"]), ("ct-int3-old-packing", ["codes", "scale"]),
        ("ct-int5-asym-experts", ["codes", "scale", "zero_point"]),
        ("ct-int8-asym-tensor", ["codes", "scale", "zero_point"]),
        ("ct-fp8-block", ["codes", "scale"]), ("ct-nvfp4", ["codes", "scale", "global_scale"]),
        ("ct-mxfp4", ["codes", "scale"]), ("ct-mxfp8", ["codes", "scale"]),
        ("ct-sparse-24-bitmask", ["codes", "bitmask"]), ("ct-sparse-bitmask", ["codes", "bitmask", "row_offsets"]),
        ("mlx-mixed", ["codes", "scales", "biases"]), ("gpt-oss-mxfp4", ["codes", "scales"]),
        ("fp8-blocks", ["codes", "scale"]), ("modelopt-nvfp4", ["codes", "scale", "scale_2"]),
        ("bnb-int8", ["codes", "SCB"]),
    ]

    private static func first(_ folder: String) throws -> (LogicalTensor, ChangedParts) {
        let (tensors, files) = try GoldenDequantizeTests.model(folder)
        let tensor = try #require(tensors.first { $0.scheme != nil })
        return (tensor, try ChangedParts(tensor, files))
    }

    @Test("are all needed, and of the size that the shape asks for", arguments: needed)
    func sizes(folder: String, roles: [String]) throws {
        let (tensor, sound) = try Self.first(folder)
        _ = try Dequantizers.make(for: tensor, parts: sound, kernels: Kernels())
        for role in roles {
            for change in [nil, -1, 1] as [Int?] {
                var parts = sound
                if let change {
                    let count = (parts.parts[role]?.count ?? 0) + change
                    parts.parts[role] = [UInt8](repeating: 0, count: count)
                } else {
                    parts.parts[role] = nil
                }
                let error = #expect(throws: FormatError.self, "\(role) \(change ?? 0)") {
                    try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
                }
                #expect(error?.tensor == tensor.name)
                #expect(error?.problem.contains("'\(role)'") == true, "\(error?.problem ?? "")")
            }
        }
    }

    @Test("of a sparse matrix must keep as many weights as the mask says", arguments: ["24-bitmask", "bitmask"])
    func sparse(folder: String) throws {
        var (tensor, parts) = try Self.first("ct-sparse-" + folder)
        parts.parts["bitmask"]?[0] ^= 0x81
        parts.parts["bitmask"]?[1] |= 0xFF
        let decoder = try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
        let error = #expect(throws: FormatError.self) { try decoder.numbers(0..<decoder.rowCount) }
        #expect(error?.problem.contains("row 0 keeps") == true)
    }

    @Test("of a sparse matrix begin inside what is kept", arguments: [UInt8(0x7F), 0xFF])
    func offsets(byte: UInt8) throws {
        var (tensor, parts) = try Self.first("ct-sparse-bitmask")
        parts.parts["row_offsets"]?[15] = byte
        let error = #expect(throws: FormatError.self) {
            try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
        }
        #expect(error?.problem.contains("row 1 begins at") == true)
    }

    @Test("name a group that there is none of", arguments: ["gptq-w4g64-actorder", "ct-int4-actorder"])
    func groups(folder: String) throws {
        var (tensor, parts) = try Self.first(folder)
        parts.parts["g_idx"]?[7] = 0x80
        let error = #expect(throws: FormatError.self) {
            try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
        }
        #expect(error?.problem.contains("for column 1") == true)
    }

    @Test("are put in order when they lie otherwise in the file")
    func arranged() throws {
        // A 2 × 3 matrix of bytes, stored by columns behind four others.
        let source = MemorySource([9, 9, 9, 9, 1, 4, 2, 5, 3, 6])
        let shape = try #require(Shape([2, 3]))
        let codes = TensorDescription(
            name: "p.weight", type: .plain(.I8), shape: shape, byteRange: 4..<10,
            arrangement: Arrangement(strides: [1, 2]))
        let scales = TensorDescription(
            name: "p.SCB", dtype: .F32, shape: try #require(Shape([2])), byteRange: 0..<8)
        let stored = [codes, scales].map { FiledTensor(file: 0, tensor: $0) }
        let tensor = try #require(try LogicalTensor.group(stored, config: nil) { _ in [] }.tensors.first)
        #expect(tensor.scheme == "bnb-int8")
        let parts = FileParts(tensor, sources: [source])
        #expect(parts.byteCount("codes") == 6)
        #expect(try parts.bytes("codes", 1..<5) == [2, 3, 4, 5])
        #expect(parts.byteCount("zeros") == nil)
    }

    @Test("of a dense tensor are not decoded")
    func dense() throws {
        let (tensors, files) = try GoldenDequantizeTests.model("bnb-int8")
        let dense = try #require(tensors.first { $0.scheme == nil })
        #expect(throws: FormatError.self) {
            try Dequantizers.make(for: dense, parts: FileParts(dense, sources: files), kernels: Kernels())
        }
    }

    /// An E8M0 scale of 255 is infinite in MLX, compressed-tensors and transformers.
    @Test("may hold scales without bounds")
    func infinite() throws {
        var (tensor, parts) = try Self.first("gpt-oss-mxfp4")
        parts.parts["scales"]?[0] = 255
        parts.parts["codes"]?[0] = 0x70
        let numbers = try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels()).numbers(0..<1)
        #expect(numbers[0].isNaN && numbers[1] == .infinity)
    }
}

@Suite("Four-bit dequantization") struct FourBitDequantizeTests {
    /// Blocks of 64 run over rows of 33 and of 520.
    @Test("gives any rows alone, and any dtype", arguments: ["tiny-llama-bnb-nf4", "tiny-llama-bnb-fp4-dq"])
    func rows(model: String) throws {
        let source = try ModelSource(scanning: Fixtures.path("bitsandbytes-models/" + model))
        let files = try source.weights.map { try OpenFile($0.absolutePath) }
        let tensors = try source.logicalTensors().filter { $0.scheme != nil }
        #expect(tensors.count == 14)
        for tensor in tensors {
            let decoder = try Dequantizers.make(
                for: tensor, parts: FileParts(tensor, sources: files), kernels: Kernels())
            let whole = try decoder.numbers(0..<decoder.rowCount)
            let part = try decoder.numbers(3..<decoder.rowCount - 1)
            #expect(Array(whole[3 * decoder.columnCount..<whole.count - decoder.columnCount]) == part)
            let stored = try decoder.bytes(as: .BF16), wide = try decoder.bytes(as: .F32)
            #expect(stored.count * 2 == wide.count)
            for index in whole.indices {
                #expect(Array(stored[2 * index..<2 * index + 2]) == Array(wide[4 * index + 2..<4 * index + 4]))
                #expect(wide[4 * index] == 0)
            }
        }
    }

    @Test("begins rows inside of blocks")
    func odd() throws {
        let shape = try #require(Shape([5, 7])), count = shape.elementCount
        let state = BitsAndBytesQuantState(type: .nf4, blockSize: 32, dtype: .F32, shape: [5, 7], nestedOffset: nil)
        let text = Array(state.text.utf8)
        let codes = (0..<(count + 1) / 2).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let absmax = LittleEndianFloats.encode([2, 3])
        let source = MemorySource(codes + absmax + LittleEndianFloats.encode(FourBitType.nf4.values) + text)
        func stored(_ name: String, _ dtype: DType, _ shape: [Int], _ range: Range<Int>) throws -> FiledTensor {
            FiledTensor(
                file: 0,
                tensor: TensorDescription(name: name, dtype: dtype, shape: try #require(Shape(shape)), byteRange: range)
            )
        }
        let tensors = [
            try stored("p.weight", .U8, [18, 1], 0..<18), try stored("p.weight.absmax", .F32, [2], 18..<26),
            try stored("p.weight.quant_map", .F32, [16], 26..<90),
            try stored("p.weight.quant_state.bitsandbytes__nf4", .U8, [text.count], 90..<90 + text.count),
        ]
        let grouping = try LogicalTensor.group(tensors, config: nil) { try source.bytes($0.tensor.byteRange) }
        let tensor = try #require(grouping.tensors.first)
        let decoder = try Dequantizers.make(
            for: tensor, parts: FileParts(tensor, sources: [source]), kernels: Kernels())
        let expected = (0..<count).map { index in
            let code = codes[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15
            return FourBitType.nf4.values[Int(code)] * (index < 32 ? 2 : 3)
        }
        for rows in [0..<5, 1..<2, 3..<5, 4..<5, 2..<2] {
            #expect(try decoder.numbers(rows) == Array(expected[rows.lowerBound * 7..<rows.upperBound * 7]))
        }
    }
}
