import Architectures
import Bytes
import Formats

extension Exercise {
    /// The longest document that is read as a tree: a config.json.
    private static let longestTree = 1 << 20

    private static func tree(_ file: MemorySource) throws -> JSONValue {
        guard file.byteCount <= longestTree else {
            throw FormatError(.refused, "longer than a config.json may be", remedy: "Try a shorter document")
        }
        return try JSONValue(parsing: try file.bytes(0..<file.byteCount), dialect: .python)
    }

    /// JSON: any document stays the same when it is written and read again.
    static let json = Exercise("json", read: tree) { value, _ in
        for layout in [JSONValue.Layout.compact, .python, .indented] {
            let again = try JSONValue(parsing: Array(value.text(layout).utf8), dialect: .python)
            try expect(again == value, "the document differs when it is written as \(layout)")
        }
    }

    /// A config.json: what the catalog says of the model.
    static let config = Exercise("config", read: tree) { config, _ in
        _ = ModelProperties(config: config)
        _ = ModelFamily.of(config: config)
        _ = QuantizationConfig.removed(from: config)
    }

    /// An index of shards: no name in it may lead out of its folder.
    static let index = Exercise("index") { file in
        try SafetensorsIndex(parsing: try file.bytes(0..<file.byteCount))
    } check: { index, _ in
        for shard in index.shards {
            try expect(!shard.contains("/") && shard != ".." && !shard.isEmpty, "the shard '\(shard)' is a path")
        }
    }

    /// The JSON that bitsandbytes stores for a matrix.
    static let quantState = Exercise("quant-state") { file in
        try BitsAndBytesQuantState(parsing: try file.bytes(0..<file.byteCount))
    } check: { state, _ in
        let again = try BitsAndBytesQuantState(parsing: Array(state.text.utf8))
        try expect(again == state, "the state differs when it is written and read again")
    }

    /// A model card: faults in it are notes.
    static let card = Exercise("card") { file in
        ModelCard(parsing: try file.bytes(0..<file.byteCount))
    } check: { card, _ in
        try expect(card.baseModels.allSatisfy { !$0.isEmpty }, "a base model without a name")
    }
}
