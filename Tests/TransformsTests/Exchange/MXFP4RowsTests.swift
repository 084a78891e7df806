import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("MXFP4 rows") struct MXFP4RowsTests {
    /// The numbers of GGUF's blocks, by ggml's rules, against those of the library that wrote the tensor.
    @Test(
        "are blocks of the same numbers, from each layout that holds them apart",
        arguments: ["gpt-oss-mxfp4", "ct-mxfp4", "mlx-mixed"])
    func numbers(folder: String) throws {
        let (tensors, files) = try GoldenDequantizeTests.model(folder)
        let held = tensors.filter(MXFP4Rows.holds)
        #expect(!held.isEmpty)
        for tensor in held {
            let parts = FileParts(tensor, sources: files)
            let rows = try MXFP4Rows(tensor, parts: parts, as: .blocks)
            var blocks = [UInt8](repeating: 0, count: rows.rowCount * rows.rowLength)
            try rows.read(0..<rows.rowCount, into: &blocks)
            var found = [Float](repeating: 0, count: tensor.shape.elementCount)
            var foundSpan = found.mutableSpan
            Kernels().decodeBlocks(.MXFP4, blocks.span, into: &foundSpan)
            let dequantizer = try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
            var expected = [Float](repeating: 0, count: found.count)
            var expectedSpan = expected.mutableSpan
            try dequantizer.decode(rows: 0..<dequantizer.rowCount, into: &expectedSpan)
            #expect(found == expected, "\(tensor.name)")  // zeros are equal whatever their sign
        }
    }

    @Test("need all parts, of the sizes that the shape asks for", arguments: ["gpt-oss-mxfp4", "ct-mxfp4"])
    func parts(folder: String) throws {
        let (tensors, files) = try GoldenDequantizeTests.model(folder)
        let tensor = try #require(tensors.first(where: MXFP4Rows.holds))
        let sound = try ChangedParts(tensor, files)
        for role in sound.parts.keys.sorted() where tensor.part(role)?.role != "shape" {
            for count in [nil, 1] as [Int?] {
                var parts = sound
                parts.parts[role] = count.map { [UInt8](repeating: 0, count: $0) }
                let error = #expect(throws: FormatError.self) { try MXFP4Rows(tensor, parts: parts, as: .codes) }
                #expect(error?.tensor == tensor.name)
            }
        }
    }

    @Test("are none of a tensor in another scheme", arguments: ["ct-nvfp4", "gptq-w4g64-actorder", "fp8-blocks"])
    func others(folder: String) throws {
        let (tensors, files) = try GoldenDequantizeTests.model(folder)
        let tensor = try #require(tensors.first { $0.isQuantized })
        #expect(!MXFP4Rows.holds(tensor))
        let error = #expect(throws: FormatError.self) {
            try MXFP4Rows(tensor, parts: FileParts(tensor, sources: files), as: .blocks)
        }
        #expect(error?.code == .unsupported)
    }
}
