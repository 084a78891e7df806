import Foundation

/// Small safetensors files made for a test, from a seed.
enum TinyWeights {
    /// The bytes of a file with BF16 tensors named `names`, each 64 × 64, and metadata.
    ///
    /// - Parameters:
    ///   - seed: other seeds give other numbers.
    ///   - poison: the first element's bits of the first tensor, such as 0x7FC0 for NaN.
    static func file(
        _ names: [String] = ["model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"], seed: UInt64 = 1,
        poison: UInt16? = nil
    ) -> [UInt8] {
        let byteCount = 64 * 64 * 2
        let entries = names.enumerated().map { index, name in
            let range = "\(index * byteCount),\((index + 1) * byteCount)"
            return #""\#(name)":{"dtype":"BF16","shape":[64,64],"data_offsets":[\#(range)]}"#
        }
        var state = seed
        var data: [UInt8] = []
        for element in 0..<(names.count * 64 * 64) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Signed numbers of magnitudes 0.008 to 0.06, as weights have them.
            var bits = UInt16(truncatingIfNeeded: 0x3C00 + (state >> 33) % 0x180 | (state >> 60 & 1) << 15)
            if element == 0, let poison { bits = poison }
            data += [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
        }
        return file(header: "{\"__metadata__\":{\"format\":\"pt\"}," + entries.joined(separator: ",") + "}", data: data)
    }

    /// A file with this header, padded to eight bytes, and data.
    static func file(header: String, data: [UInt8]) -> [UInt8] {
        var text = Array(header.utf8)
        while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
        return prefix(UInt64(text.count)) + text + data
    }

    /// The eight bytes that state a header's length.
    static func prefix(_ byteCount: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> (8 * $0)) }
    }

    /// Makes a file at `path` whose tensors, each of 4 MiB, hold zeros that take no room on the disk.
    static func makeSparse(at path: String, tensorCount: Int) throws {
        let byteCount = 4 << 20
        let entries = (0..<tensorCount).map { index in
            let range = "\(index * byteCount),\((index + 1) * byteCount)"
            let name = "model.layers.\(index).mlp.up_proj.weight"
            return #""\#(name)":{"dtype":"BF16","shape":[2048,1024],"data_offsets":[\#(range)]}"#
        }
        let start = file(header: "{" + entries.joined(separator: ",") + "}", data: [])
        try Data(start).write(to: URL(fileURLWithPath: path))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: UInt64(start.count + tensorCount * byteCount))
        try handle.close()
    }
}
