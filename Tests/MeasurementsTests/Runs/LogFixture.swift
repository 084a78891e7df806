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
        let document = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json")))
        let metrics = (document as? [String: Any])?[name] as? [String: [[Any]]] ?? [:]
        return metrics.mapValues { pairs in
            pairs.map { pair in
                let number = (pair[1] as? NSNumber)?.doubleValue ?? NumberText.number(pair[1] as? String ?? "") ?? 0
                return Pair((pair[0] as? NSNumber)?.int64Value ?? -1, number)
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
