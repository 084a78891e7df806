import Bytes
import Foundation

@testable import Measurements

/// A log of `fixtures/runs`, and what its tool's own reader finds in it.
struct LogFixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/runs").path

    /// A file's bytes.
    static func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

    /// The only event file of a folder.
    static func events(_ name: String) throws -> [UInt8] {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")
        return try bytes("\(folder)/\(name)/\(names.first ?? "")")
    }

    /// Metric by metric, step and value in the order of logging; `nan` and `inf` as they are.
    static func expected(_ name: String) throws -> [String: [Pair]] {
        // JSONSerialization on Linux is off by a last bit in some numbers.
        let document = try JSONValue(parsing: bytes(folder + "/expected.json"))
        guard case .object(let logs) = document, case .object(let metrics)? = logs[name] else { return [:] }
        return Dictionary(uniqueKeysWithValues: metrics.members.map { ($0.key, pairs($0.value)) })
    }

    private static func pairs(_ value: JSONValue) -> [Pair] {
        guard case .array(let pairs) = value else { return [] }
        return pairs.compactMap { pair in
            guard case .array(let numbers) = pair, numbers.count == 2, case .number(let step) = numbers[0] else {
                return nil
            }
            return switch numbers[1] {
            case .number(let text), .string(let text): Pair(Int64(step) ?? -1, Double(text) ?? 0)
            default: nil
            }
        }
    }

    /// A step and a value; NaN equals NaN.
    struct Pair: Equatable {
        let step: Int64
        let value: Double

        init(_ step: Int64, _ value: Double) {
            self.step = step
            self.value = value
        }

        static func == (left: Self, right: Self) -> Bool {
            left.step == right.step && (left.value == right.value || left.value.isNaN && right.value.isNaN)
        }
    }
}

extension RunValues {
    /// The values as `LogFixture.expected` has them.
    var pairs: [String: [LogFixture.Pair]] {
        Dictionary(uniqueKeysWithValues: zip(metrics, points.map { $0.map { .init($0.step, $0.value) } }))
    }

    /// What a stream reads of `bytes`, given in pieces of some bytes, with the last record if it is whole.
    static func reading(
        _ bytes: [UInt8], with stream: any RunLogStream, pieceByteCount: Int = .max, isOver: Bool = true
    ) throws -> (values: Self, rest: Int) {
        var stream = stream
        var values = Self()
        var held: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let end = place + min(pieceByteCount, bytes.count - place)
            held += bytes[place..<end]
            let taken = try stream.take(held.span, into: &values)
            held.removeFirst(taken)
            place = end
        }
        if isOver, try stream.takeLast(held.span, into: &values) { held = [] }
        return (values, held.count)
    }
}
