package import Bytes

/// Safetensors: a length, a JSON header, then the tensors' bytes without gaps.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 8 | `N`, unsigned, little-endian: the header's length |
/// | 8 | N | the header: UTF-8 JSON, `{"name":{"dtype":…,"shape":[…],"data_offsets":[begin,end]},…}` |
/// | 8 + N | rest | tensor bytes, little-endian, row-major; `data_offsets` count from here |
///
/// Source: huggingface/safetensors, README "Format" and `safetensors/src/tensor.rs`.
package enum Safetensors: CheckpointFormat {
    package static let name = "safetensors"
    package static let summary = "one file, or shards with their index; all its dtypes, and quantized models in it"
    package static let indexSuffix: String? = SafetensorsIndex.suffix
    package static let usualNames = [
        "model.safetensors", "diffusion_pytorch_model.safetensors", "pytorch_model.safetensors",
        "consolidated.safetensors", "adapter_model.safetensors",
    ]

    /// The bytes of the length that the file begins with.
    package static let prefixByteCount = 8
    /// The longest header in bytes; the reference reader refuses more.
    package static let longestHeader = 100_000_000
    /// The header's key that holds no tensor.
    static let metadataKey = "__metadata__"

    /// Safetensors has no magic: a possible length, and `{` as the header's first character. The reference reader lets
    /// white space stand before it.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        guard start.count >= prefixByteCount + 2, headerByteCount(start) <= longestHeader else { return false }
        for index in prefixByteCount..<start.count {
            switch start[index] {
            case UInt8(ascii: "{"): return true
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): continue
            default: return false
            }
        }
        return false
    }

    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        let header = try SafetensorsHeader(reading: file)
        return FileLayout(format: name, tensors: header.tensors, metadata: header.metadata)
    }

    /// The header's length as the file's first eight bytes state it.
    static func headerByteCount(_ start: Span<UInt8>) -> UInt64 {
        (0..<prefixByteCount).reduce(UInt64(0)) { $0 | UInt64(start[$1]) << (8 * $1) }
    }
}
