import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("Safetensors layout") struct SafetensorsLayoutTests {
    private func layout(
        of header: SafetensorsHeader, shuffled seed: UInt64 = 0
    ) throws -> SafetensorsLayout {
        var generator = SeededGenerator(seed: seed)
        return try SafetensorsLayout(
            tensors: header.tensors.shuffled(using: &generator)
                .compactMap { tensor in tensor.dtype.map { (tensor.name, $0, tensor.shape.dimensions) } },
            metadata: header.metadata.map { ($0.key, $0.value) })
    }

    @Test(
        "writes the reference writer's header, byte for byte, from any order",
        arguments: [
            "bitsandbytes-models/tiny-llama-bf16/model.safetensors",
            "bitsandbytes-models/tiny-llama-bnb-nf4-dq/model.safetensors",
            "safetensors/tiny-llama-sharded/model-00002-of-00004.safetensors",
        ], 0..<UInt64(3))
    func golden(name: String, seed: UInt64) throws {
        let file = try OpenFile(Fixtures.path(name))
        let header = try SafetensorsHeader(reading: file)
        let layout = try layout(of: header, shuffled: seed)
        #expect(layout.headerBytes == (try file.bytes(0..<header.dataStart)))
        #expect(layout.tensors == header.tensors)
        #expect(layout.byteCount == file.byteCount)
    }

    /// The reference's order of metadata is random, so only the tensors' part can be equal.
    @Test("orders every dtype as the reference does")
    func allDTypes() throws {
        let file = try OpenFile(Fixtures.path("safetensors/all_dtypes.safetensors"))
        let header = try SafetensorsHeader(reading: file)
        let layout = try layout(of: header)
        #expect(layout.tensors == header.tensors)
        #expect(layout.headerBytes.count == header.dataStart)
        let start = #"{"__metadata__":{"format":"pt","quote\"key":"línea\n2"},"u64":{"dtype":"U64""#
        #expect(layout.headerBytes.dropFirst(8).starts(with: start.utf8))
        let behind = try file.bytes(65..<header.dataStart)
        #expect(Array(layout.headerBytes[65...]) == behind)
    }

    @Test("is read back as it was laid out", arguments: 0..<UInt64(30))
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = Array("ab.é\"\\ 😀/\u{2028}")
        let names = Set(
            (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                String((0..<5).map { _ in letters.randomElement(using: &generator) ?? "x" })
            })
        let tensors = names.map { name in
            let shape = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                Int.random(in: 0...4, using: &generator) * 4
            }
            // A scalar of 4 or 6 bits is no whole byte.
            let dtypes = DType.allCases.filter { $0.isInSafetensors }.filter { !shape.isEmpty || $0.bitCount >= 8 }
            return (name: name, dtype: dtypes.randomElement(using: &generator) ?? .F32, shape: shape)
        }
        let layout = try SafetensorsLayout(tensors: tensors, metadata: [("b\u{1F}", "é"), ("a", "\"")])
        #expect(layout.headerBytes.count.isMultiple(of: 8), "seed \(seed)")
        let header = try SafetensorsHeader(
            parsing: Array(layout.headerBytes[8...]), fileByteCount: layout.byteCount)
        #expect(header.tensors == layout.tensors, "seed \(seed)")
        #expect(header.metadata == [.init(key: "a", value: "\""), .init(key: "b\u{1F}", value: "é")])
        for tensor in layout.tensors {
            guard let dtype = tensor.dtype, dtype.bitCount >= 8 else { continue }
            #expect(tensor.byteRange.lowerBound.isMultiple(of: dtype.bitCount / 8), "seed \(seed)")
        }
        #expect(
            try SafetensorsLayout(
                tensors: tensors.shuffled(using: &generator),
                metadata: [
                    ("a", "\""), ("b\u{1F}", "é"),
                ]) == layout, "seed \(seed)")
    }

    @Test("is an empty object without tensors and metadata")
    func empty() throws {
        let layout = try SafetensorsLayout(tensors: [])
        #expect(layout.headerBytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
        #expect(layout.byteCount == 16)
    }

    @Test(
        "refuses what readers would refuse",
        arguments: [
            ([("a", .F32, [1]), ("a", .F16, [1])], "two tensors of this name"),
            ([("__metadata__", .F32, [1])], "two tensors of this name"),
            ([("\u{E9}", .F32, [1]), ("e\u{301}", .F32, [1])], "two tensors of this name"),
            ([("a", .F4, [3])], "no whole number of bytes"), ([("a", .F32, [1 << 62])], "a machine can count"),
            ([("a", .F32, [-1])], "a machine can count"),
            ([("a", .U8, [1 << 59]), ("b", .U8, [1 << 59]), ("c", .F32, [1 << 60])], "a machine can count"),
        ] as [([(String, DType, [Int])], String)])
    func refused(tensors: [(String, DType, [Int])], problem: String) throws {
        let result = Result { () throws(FormatError) in
            try SafetensorsLayout(tensors: tensors.map { (name: $0.0, dtype: $0.1, shape: $0.2) })
        }
        let error = #expect(throws: FormatError.self) { try result.get() }
        #expect(error?.problem.contains(problem) == true)
        #expect(error?.tensor == tensors.last?.0)
    }

    @Test("refuses a name that its own reader would refuse", arguments: ["", "a\tb", "\u{7F}"])
    func names(name: String) {
        #expect(throws: FormatError.self) { try SafetensorsLayout(tensors: [(name: name, dtype: .U8, shape: [1])]) }
    }

    @Test("refuses a metadata key that is given twice") func metadata() {
        #expect(throws: FormatError.self) {
            try SafetensorsLayout(tensors: [], metadata: [("a", "1"), ("a", "2")])
        }
    }

    @Test("refuses a header longer than readers accept, and takes the longest") func longest() throws {
        let longest = try SafetensorsLayout.header(String(repeating: " ", count: 100_000_000))
        #expect(longest.count == 100_000_008)
        let error = #expect(throws: FormatError.self) {
            try SafetensorsLayout.header(String(repeating: " ", count: 100_000_001))
        }
        #expect(error?.problem.contains("100000008 bytes, 100000000 are allowed") == true)
    }
}
