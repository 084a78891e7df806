import Bytes

extension PruneSettings {
    /// The options with which `ingot prune` does the same: `--mlp 0.25 --layers 3,7 --multiple-of 32`. A
    /// file that ranks the indices stands there with the start of its digest (`--imatrix @0c1d…`); which tokens stay is
    /// not among them.
    package var options: String {
        var words = Width.allCases.compactMap { width in shares[width].map { "\(width.option) \($0)" } }
        switch depth {
        case .all: break
        case .cut(let layers): words.append("--layers \(layers.text)")
        case .keep(let layers): words.append("--keep-layers \(layers.text)")
        }
        if multiple != 1 { words.append("--multiple-of \(multiple)") }
        if !shares.isEmpty { words += ranking }
        return words.joined(separator: " ")
    }

    private var ranking: [String] {
        switch importance {
        case .l1: ["--importance l1"]
        case .l2: []
        case .imatrix(let digest): ["--imatrix @\(digest.hex.prefix(12))"]
        case .statistics(let digest):
            ["--statistics @\(digest.hex.prefix(12))"] + (repairs ? [] : ["--no-repair"])
        }
    }
}
