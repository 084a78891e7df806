package import Bytes
package import Tensors

/// `model.safetensors.index.json`: which shard holds which tensor. A convention of transformers.
package struct SafetensorsIndex: Equatable, Sendable {
    /// What the names of such files end in.
    package static let suffix = ".safetensors.index.json"
    /// Tensor names and the shards that hold them, in the index's order.
    package let shardsByTensor: [(tensor: String, shard: String)]

    /// The shards, in the order of their names' bytes.
    package var shards: [String] {
        Set(shardsByTensor.map(\.shard)).sorted { $0.precedes($1) }
    }

    /// - Throws: `FormatError` for what is no index, and for a shard's name that leads out of the index's folder.
    package init(parsing json: [UInt8]) throws(FormatError) {
        var scanner = JSONScanner(json)
        var shardsByTensor: [(tensor: String, shard: String)]?
        try scanner.takeObject { (scanner, key, _) throws(FormatError) in
            guard key == "weight_map" else { return try scanner.skipValue() }
            var map: [(tensor: String, shard: String)] = []
            try scanner.takeObject { (scanner, tensor, place) throws(FormatError) in
                guard scanner.peek() == UInt8(ascii: "\"") else {
                    throw scanner.fault("the shard's name is not a string", at: place).concerning(tensor: tensor)
                }
                map.append((tensor, try Self.checked(try scanner.takeString(), tensor: tensor, at: place)))
            }
            shardsByTensor = map
        }
        try scanner.finish()
        guard let shardsByTensor, !shardsByTensor.isEmpty else {
            throw FormatError(
                .corrupt, "the index has no 'weight_map' with tensors in it",
                remedy: "Fetch the index again, or name the weights file itself")
        }
        self.shardsByTensor = shardsByTensor
    }

    /// The text of an index of shards that were written, as transformers writes it.
    package static func text(of shards: [(path: String, tensors: [TensorDescription])]) -> String {
        let byteCount = shards.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.byteRange.count } }
        let map = shards.flatMap { shard in shard.tensors.map { ($0.name, JSONValue.string(shard.path)) } }
        let index = JSONObject([
            ("metadata", .object(JSONObject([("total_size", .number(byteCount))]))),
            ("weight_map", .object(JSONObject(map).sorted())),
        ])
        return JSONValue.object(index).text(.indented) + "\n"
    }

    /// What transformers calls a file of weights: `model.safetensors`, or `model-00001-of-00004.safetensors`.
    /// - Parameter index: from 0.
    package static func shardName(_ index: Int, of count: Int) -> String {
        func digits(_ value: Int) -> String { String(repeating: "0", count: max(0, 5 - "\(value)".count)) + "\(value)" }
        return count == 1 ? "model.safetensors" : "model-\(digits(index + 1))-of-\(digits(count)).safetensors"
    }

    private static func checked(_ shard: String, tensor: String, at place: Int) throws(FormatError) -> String {
        let isPath = shard.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
        guard !isPath, !["", ".", ".."].contains(shard) else {
            throw FormatError(
                .refused, "the shard's name '\(shard)' leads out of the index's folder", at: place, tensor: tensor,
                remedy: "Do not use an index from someone you do not trust; its shards must lie beside it")
        }
        return shard
    }

    /// Compares the index with what its shards hold.
    /// - Parameter layouts: what each shard of the index holds, by the shard's name.
    /// - Throws: `FormatError` that names the tensors which the two disagree about.
    func check(against layouts: [String: FileLayout]) throws(FormatError) {
        let held = layouts.mapValues { Set($0.tensors.map(\.name)) }
        let missing = shardsByTensor.filter { held[$0.shard]?.contains($0.tensor) != true }
        guard missing.isEmpty else {
            let names = Self.list(missing.map { "'\($0.tensor)' in \($0.shard)" })
            throw FormatError(
                .corrupt,
                "the index names \(Counted.text(missing.count, "tensor")) not in the place that it says: \(names)",
                tensor: missing[0].tensor, remedy: "Fetch the index and its shards again, all of one revision")
        }
        let named = Dictionary(grouping: shardsByTensor, by: \.shard).mapValues { Set($0.map(\.tensor)) }
        for shard in shards {
            let extra = (layouts[shard]?.tensors ?? []).filter { named[shard]?.contains($0.name) != true }
            guard extra.isEmpty else {
                let names = Self.list(extra.map { "'\($0.name)'" })
                throw FormatError(
                    .corrupt,
                    "\(shard) holds \(Counted.text(extra.count, "tensor")) that the index does not place there: "
                        + names,
                    tensor: extra[0].name, remedy: "Fetch the index and its shards again, all of one revision")
            }
        }
    }

    /// Five names at most, and how many more there are.
    static func list(_ names: [String]) -> String {
        let more = names.count > 5 ? " and \(names.count - 5) more" : ""
        return names.prefix(5).joined(separator: ", ") + more
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.shardsByTensor.elementsEqual(right.shardsByTensor) { $0 == $1 }
    }
}
