extension PruneSettings {
    /// The options with which `ingot prune` does the same: `--mlp 0.25 --layers 3,7 --multiple-of 32`. What ranks the
    /// indices and which tokens stay are files of their own, and not among them.
    package var options: String {
        var words = Width.allCases.compactMap { width in shares[width].map { "\(width.option) \($0)" } }
        switch depth {
        case .all: break
        case .cut(let layers): words.append("--layers \(layers.text)")
        case .keep(let layers): words.append("--keep-layers \(layers.text)")
        }
        if multiple != 1 { words.append("--multiple-of \(multiple)") }
        if importance == .l1, !shares.isEmpty { words.append("--importance l1") }
        return words.joined(separator: " ")
    }
}
