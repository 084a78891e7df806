import Bytes
import Foundation

@testable import Architectures

/// A small model of `fixtures/architectures`: its config.json, its tensors, and what llama.cpp's converter made of
/// them.
struct ModelFixture {
    struct Expected {
        let name: String
        let shape: [Int]
        let digest: String
        let type: String
        let values: [Float]
    }

    let name: String
    let config: JSONValue
    let tensors: [(name: String, shape: [Int])]
    let metadata: [MetadataItem]
    let gguf: [Expected]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../fixtures/architectures")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    static func json(_ name: String) throws -> JSONValue {
        let file = try OpenFile(folder.appending(path: name + ".json").standardizedFileURL.path())
        return try JSONValue(parsing: try file.bytes(0..<file.byteCount))
    }

    init(_ name: String) throws {
        let json = try Self.json(name)
        func shape(_ value: JSONValue) -> [Int] { (value.arrayValue ?? []).compactMap(\.intValue) }
        self.name = name
        config = json["config"] ?? .null
        tensors = (json["tensors"]?.arrayValue ?? []).map { row in
            (row.arrayValue?[0].stringValue ?? "", shape(row.arrayValue?[1] ?? .null))
        }
        metadata = try (json["metadata"]?.arrayValue ?? []).map { try Self.item($0.arrayValue ?? []) }
        gguf = (json["gguf"]?.arrayValue ?? []).compactMap { row in
            guard let row = row.arrayValue, row.count > 3 else { return nil }
            let values = row.count > 4 ? (row[4].arrayValue ?? []).compactMap(\.doubleValue).map { Float($0) } : []
            return Expected(
                name: row[0].stringValue ?? "", shape: shape(row[1]), digest: row[2].stringValue ?? "",
                type: row[3].stringValue ?? "", values: values)
        }
    }

    private static func item(_ row: [JSONValue]) throws -> MetadataItem {
        struct Unknown: Error {}
        guard row.count == 3, let key = row[0].stringValue else { throw Unknown() }
        switch row[1].stringValue {
        case "uint32": return MetadataItem(key, .u32(UInt32(row[2].intValue ?? -1)))
        case "float32": return MetadataItem(key, .f32(Float(row[2].doubleValue ?? .nan)))
        case "string": return MetadataItem(key, .string(row[2].stringValue ?? ""))
        case "bool": return MetadataItem(key, .bool(row[2].boolValue ?? false))
        default: throw Unknown()
        }
    }

    /// The checkpoint's values, by the formula that made them: element i of the k-th tensor.
    var values: [String: [Float]] {
        var values: [String: [Float]] = [:]
        for (place, tensor) in tensors.enumerated() {
            let count = tensor.shape.reduce(1, *)
            values[tensor.name] = (0..<count).map { element in Float((element * 31 + place * 7919) % 65521) }
        }
        return values
    }

    func model() throws -> GGUFModel {
        try GGUFModel(tensors: tensors, config: config, description: ModelDescription(name: name))
    }
}

/// A model's tensors in memory, and what a mapping makes of them: element by element, as its description says it.
struct TensorsInMemory {
    var shapes: [String: [Int]]
    var values: [String: [Float]]

    init(_ tensors: [(name: String, shape: [Int])], _ values: [String: [Float]]) {
        shapes = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.shape) })
        self.values = values
    }

    var list: [(name: String, shape: [Int])] { shapes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    func applying(_ layout: LayoutMapping) -> TensorsInMemory {
        TensorsInMemory(
            layout.tensors.map { ($0.name, $0.shape) },
            Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, elements(of: $0)) }))
    }

    private func elements(of mapping: TensorMapping) -> [Float] {
        guard case .sources(let sources) = mapping.content else {
            if case .values(let values) = mapping.content { return values }
            return []
        }
        let taken = sources.map { source in
            let shape = shapes[source.name] ?? []
            let width = shape.count > 1 && !mapping.isByElement ? shape.last ?? 1 : 1
            let all = values[source.name] ?? []
            return (source.rows ?? 0..<(width > 0 ? all.count / width : 0)).map { row in
                all[row * width..<(row + 1) * width]
            }
        }
        var rows: [ArraySlice<Float>] = []
        for start in stride(from: 0, to: taken.count, by: mapping.turns) {
            let turn = taken[start..<start + mapping.turns]
            let matrix = (turn.first ?? []).indices.flatMap { row in turn.map { $0[row] } }
            rows += mapping.isTransposed ? Self.transposed(matrix) : matrix
        }
        let source = rows
        var count = rows.count
        if case .every(let step, _) = mapping.rowOrder { count /= step }
        rows = (0..<count).map { source[mapping.rowOrder.sourceRow(of: $0, among: source.count)] }
        return rows.flatMap { $0 }.map { $0 + mapping.addend }
    }
}

extension TensorsInMemory {
    private static func transposed(_ matrix: [ArraySlice<Float>]) -> [ArraySlice<Float>] {
        (0..<(matrix.first?.count ?? 0)).map { column in ArraySlice(matrix.map { $0[$0.startIndex + column] }) }
    }
}

extension [Float] {
    /// SHA-256 of the numbers as little-endian float32, in hex.
    var digest: String {
        var bytes: [UInt8] = []
        for bits in map(\.bitPattern) {
            for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * UInt32(place)))) }
        }
        return Digest(of: bytes).hex
    }
}
