import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Dequantization") struct GoldenDequantizeTests {
    /// A tensor of a fixture, and what its library makes of it.
    struct Expected {
        var name: String
        var dtype: DType
        var shape: [Int]
        var digest: String
        var first: String
    }

    static let folders = Fixtures.folders(in: "quantized")

    static func expected(_ folder: String) throws -> [Expected] {
        try (Fixtures.json("quantized/\(folder)/expected.json").objectValue?.members ?? []).map { name, value in
            Expected(
                name: name, dtype: try #require(value["dtype"]?.stringValue.flatMap(DType.init(rawValue:))),
                shape: value["shape"]?.arrayValue?.compactMap(\.intValue) ?? [],
                digest: value["sha256"]?.stringValue ?? "", first: value["first"]?.stringValue ?? "")
        }
    }

    static func model(_ folder: String) throws -> (tensors: [LogicalTensor], files: [OpenFile]) {
        let source = try ModelSource(scanning: Fixtures.path("quantized/" + folder))
        return (try source.logicalTensors(), try source.weights.map { try OpenFile($0.absolutePath) })
    }

    @Test("there are fixtures of every scheme") func fixtures() {
        #expect(Self.folders.count == 37)
    }

    /// The digests are of the libraries' own bytes; for GPTQ of what the words say.
    @Test("gives the library's numbers, bit for bit", arguments: folders, KernelLevel.supported)
    func goldens(folder: String, level: KernelLevel) throws {
        let (tensors, files) = try Self.model(folder)
        let expected = try Self.expected(folder)
        #expect(!expected.isEmpty)
        let kernels = try Kernels(level: level)
        for golden in expected {
            let tensor = try #require(tensors.first { $0.name == golden.name }, "\(golden.name)")
            #expect(tensor.shape.dimensions == golden.shape, "\(golden.name)")
            #expect(tensor.dtype == golden.dtype, "\(golden.name)")
            guard tensor.scheme != nil else { continue }
            let decoder = try Dequantizers.make(
                for: tensor, parts: FileParts(tensor, sources: files), kernels: kernels)
            #expect(decoder.shape == tensor.shape)
            #expect(decoder.dtype == golden.dtype)
            let bytes = try decoder.bytes(as: golden.dtype)
            #expect(bytes.prefix(golden.first.count / 2).hex == golden.first, "\(golden.name)")
            #expect(Digest(of: bytes).hex == golden.digest, "\(golden.name)")
        }
    }

    @Test("gives any rows alone", arguments: folders)
    func rows(folder: String) throws {
        let (tensors, files) = try Self.model(folder)
        for tensor in tensors where tensor.scheme != nil {
            let parts = FileParts(tensor, sources: files)
            let decoder = try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
            let whole = try decoder.numbers(0..<decoder.rowCount)
            for rows in [0..<1, decoder.rowCount / 2..<decoder.rowCount, 1..<decoder.rowCount, 0..<0] {
                let found = try decoder.numbers(rows.clamped(to: 0..<decoder.rowCount))
                let place = rows.clamped(to: 0..<decoder.rowCount)
                let part = whole[place.lowerBound * decoder.columnCount..<place.upperBound * decoder.columnCount]
                #expect(found.map(\.bitPattern) == part.map(\.bitPattern), "\(tensor.name), rows \(rows)")
            }
        }
    }

    @Test("accounts for every stored tensor", arguments: folders)
    func parts(folder: String) throws {
        let source = try ModelSource(scanning: Fixtures.path("quantized/" + folder))
        let tensors = try source.logicalTensors()
        let stored = source.weights.reduce(0) { $0 + ($1.layout?.tensors.count ?? 0) }
        #expect(tensors.reduce(0) { $0 + $1.parts.count } == stored)
        #expect(try source.grouping().notes.isEmpty)
    }
}

extension Dequantizer {
    /// Numbers of some rows.
    func numbers(_ rows: Range<Int>) throws -> [Float] {
        var numbers = [Float](repeating: .nan, count: rows.count * columnCount)
        var span = numbers.mutableSpan
        try decode(rows: rows, into: &span)
        return numbers
    }

    /// All numbers as a file holds them.
    func bytes(as dtype: DType) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: shape.elementCount * dtype.bitCount / 8)
        var span = bytes.mutableSpan
        try decode(rows: 0..<rowCount, as: dtype, into: &span)
        return bytes
    }
}

extension KernelLevel {
    static var supported: [KernelLevel] { allCases.filter(\.isSupported) }
}

extension Sequence<UInt8> {
    var hex: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
