import Architectures
import Bytes
import Formats

extension Exercise {
    /// JSON: any document stays the same when it is written and read again.
    static let json = Exercise("json") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        let value = try JSONValue(parsing: bytes, dialect: .python)
        for layout in [JSONValue.Layout.compact, .python, .indented] {
            let again = try JSONValue(parsing: Array(value.text(layout).utf8), dialect: .python)
            try expect(again == value, "the document differs when it is written as \(layout)")
        }
    }

    /// A config.json: what the catalog says of the model.
    static let config = Exercise("config") { file in
        let config = try JSONValue(parsing: try file.bytes(0..<file.byteCount), dialect: .python)
        _ = ModelProperties(config: config)
        _ = ModelFamily.of(config: config)
        _ = BitsAndBytesConfig.isFourBit(config["quantization_config"])
        _ = QuantizationConfig.removed(from: config)
    }

    /// An index of shards: no name in it may lead out of its folder.
    static let index = Exercise("index") { file in
        let index = try SafetensorsIndex(parsing: try file.bytes(0..<file.byteCount))
        for shard in index.shards {
            try expect(!shard.contains("/") && shard != ".." && !shard.isEmpty, "the shard '\(shard)' is a path")
        }
    }

    /// The JSON that bitsandbytes stores for a matrix.
    static let quantState = Exercise("quant-state") { file in
        let state = try BitsAndBytesQuantState(parsing: try file.bytes(0..<file.byteCount))
        let again = try BitsAndBytesQuantState(parsing: Array(state.text.utf8))
        try expect(again == state, "the state differs when it is written and read again")
    }

    /// A model card: faults in it are notes.
    static let card = Exercise("card") { file in
        _ = ModelCard(parsing: try file.bytes(0..<file.byteCount))
    }
}
