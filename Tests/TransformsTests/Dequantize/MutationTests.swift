import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

/// Parts whose bytes follow from their places: as large as a header says.
private struct MadeParts: PartBytes {
    let counts: [String: Int]

    init(_ tensor: LogicalTensor) {
        counts = Dictionary(tensor.parts.map { ($0.role, $0.tensor.contentByteCount) }) { first, _ in first }
    }

    func byteCount(_ role: String) -> Int? { counts[role] }

    func bytes(_ role: String, _ range: Range<Int>) -> [UInt8] {
        #expect(range.lowerBound >= 0 && range.upperBound <= counts[role] ?? 0, "\(role) \(range)")
        return range.map { UInt8(truncatingIfNeeded: $0 &* 0x9E37 >> 7) }
    }
}

/// Headers and configurations that were changed anywhere: they may be refused, and nothing else may happen.
@Suite("Changed quantized checkpoints") struct MutationTests {
    private static let dtypes: [DType] = [.U8, .I8, .I32, .I64, .U32, .F16, .BF16, .F32, .F8_E4M3, .F8_E8M0]
    /// A tensor of more elements is not decoded here.
    private static let greatest = 1 << 18

    @Test("are read or refused", arguments: GoldenDequantizeTests.folders, 0..<UInt64(8))
    func mutations(folder: String, seed: UInt64) throws {
        let source = try ModelSource(scanning: Fixtures.path("quantized/" + folder))
        let file = try OpenFile(try #require(source.weights.first).absolutePath)
        let stored = source.weights.first?.layout?.tensors ?? []
        var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(folder.utf8.count))
        for _ in 0..<40 {
            let tensors = Self.changed(stored, &generator)
            let config = source.config.map { Self.changed($0, &generator) }
            let sidecar = source.quantizationSidecar.map { Self.changed($0, &generator) }
            do {
                let filed = tensors.map { FiledTensor(file: 0, tensor: $0) }
                let grouping = try LogicalTensor.group(filed, config: config, sidecar: sidecar) { part in
                    // What is read is the file's, so it may be too short for the changed header.
                    try file.bytes(part.tensor.byteRange.clamped(to: 0..<file.byteCount))
                }
                #expect(grouping.tensors.reduce(0) { $0 + $1.parts.count } == tensors.count)
                for tensor in grouping.tensors where tensor.scheme != nil { try Self.decode(tensor) }
            } catch let error as FormatError {
                #expect(!error.problem.isEmpty && !error.remedy.isEmpty)
            }
        }
    }

    private static func decode(_ tensor: LogicalTensor) throws {
        guard tensor.shape.elementCount <= greatest else { return }
        let decoder = try Dequantizers.make(for: tensor, parts: MadeParts(tensor), kernels: Kernels())
        #expect(decoder.rowCount * decoder.columnCount == tensor.shape.elementCount)
        _ = try decoder.numbers(0..<decoder.rowCount)
    }

    private static func changed(
        _ tensors: [TensorDescription], _ generator: inout SeededGenerator
    ) -> [TensorDescription] {
        var tensors = tensors
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let place = Int.random(in: 0..<tensors.count, using: &generator), old = tensors[place]
            var dimensions = old.shape.dimensions, dtype = old.dtype ?? .U8
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: dtype = dtypes.randomElement(using: &generator) ?? dtype
            case 1: dimensions.append(Int.random(in: 0...3, using: &generator))
            case 2 where !dimensions.isEmpty: dimensions.removeLast()
            default:
                guard let axis = dimensions.indices.randomElement(using: &generator) else { continue }
                let choices = [
                    0, 1, 2, 3, 7, 8, 16, 31, 64, 128, dimensions[axis] - 1, dimensions[axis] + 1, dimensions[axis] * 2,
                    1 << 40, 1 << 60,
                ]
                dimensions[axis] = choices.randomElement(using: &generator) ?? 1
            }
            guard let shape = Shape(dimensions),
                let count = ElementType.plain(dtype).byteCount(elements: shape.elementCount)
            else { continue }
            let start = old.byteRange.lowerBound
            tensors[place] = TensorDescription(
                name: old.name, dtype: dtype, shape: shape, byteRange: start..<start + min(count, Int.max - start))
        }
        return tensors
    }

    /// Some numbers of the text become others.
    private static func changed(_ config: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
        switch config {
        case .number where Int.random(in: 0..<12, using: &generator) == 0:
            let texts = [
                "0", "-1", "1", "2", "3", "4", "5", "8", "16", "32", "64", "128", "1152921504606846976", "1e9", "-128",
                "9223372036854775807", "-9223372036854775808",
            ]
            return .number(texts.randomElement(using: &generator) ?? "0")
        case .array(let values): return .array(values.map { changed($0, &generator) })
        case .object(let object):
            return .object(JSONObject(object.members.map { ($0.key, changed($0.value, &generator)) }))
        default: return config
        }
    }
}
