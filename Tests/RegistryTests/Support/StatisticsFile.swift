import Bytes
import Formats
import Foundation
import Numbers
import Tensors

/// A file of activation statistics.
struct StatisticsFile {
    private let tensors: [(name: String, shape: [Int], values: [Float])]

    /// All ones.
    init(_ tensors: [(String, [Int])]) {
        self.tensors = tensors.map { ($0.0, $0.1, [Float](repeating: 1, count: $0.1.reduce(1, *))) }
    }

    init(values tensors: [(name: String, shape: [Int], values: [Float])]) { self.tensors = tensors }

    func write(to path: String) throws {
        let layout = try SafetensorsLayout(
            tensors: tensors.map { (name: $0.name, dtype: .F32, shape: $0.shape) },
            metadata: [("format", "ingot-activation-statistics"), ("tokens", "64")])
        let values = Dictionary(tensors.map { ($0.name, $0.values) }) { first, _ in first }
        let bytes = layout.headerBytes + layout.tensors.flatMap { LittleEndianFloats.encode(values[$0.name] ?? []) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
