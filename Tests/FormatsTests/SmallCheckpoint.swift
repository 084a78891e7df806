import Bytes
import Numbers

@testable import Formats

/// Makes small safetensors files.
enum SmallCheckpoint {
    /// A file of U8 tensors whose bytes count up, by name and length.
    static func bytes(_ tensors: (String, Int)...) throws -> [UInt8] { try bytes(tensors.map { ($0.0, .U8, [$0.1]) }) }

    static func bytes(_ tensors: [(String, DType, [Int])]) throws -> [UInt8] {
        let layout = try SafetensorsLayout(tensors: tensors.map { (name: $0.0, dtype: $0.1, shape: $0.2) })
        return layout.headerBytes + (0..<(layout.byteCount - layout.headerBytes.count)).map { UInt8($0 & 0xFF) }
    }

    static func index(_ map: [(String, String)]) -> String {
        let object = JSONObject([
            ("metadata", .object(JSONObject([("total_size", .number(1))]))),
            ("weight_map", .object(JSONObject(map.map { ($0.0, .string($0.1)) }))),
        ])
        return JSONValue.object(object).text(.indented)
    }
}
