package import Bytes

/// A step that cuts a model to smaller sizes, with all that decides about its bytes.
package struct PruneSettings: Equatable, Sendable {
    /// What layers stay.
    package enum Depth: Equatable, Sendable {
        case all
        case cut(LayerList)
        case keep(LayerList)
    }

    /// Which tokens stay.
    package enum Vocabulary: Equatable, Sendable {
        /// Those with the lowest ids, and all special ones: so many in all.
        case count(Int)
        /// Those that a list names, which has this digest.
        case list(Digest)
    }

    /// What tells how much an index counts.
    package enum Importance: Equatable, Sendable {
        /// The weights: a group's magnitudes (`l1`) or the root of its squares (`l2`), over all its tensors.
        case l1, l2
        /// The root of Σ w² · E[x²] over the matrices that read the index, with the mean squares of an importance
        /// matrix of llama.cpp.
        case imatrix(Digest)
        /// The same with the second moments of activation statistics.
        case statistics(Digest)
    }

    /// How an axis is to be cut, by the names of recipes.
    package enum Width: String, CaseIterable, Hashable, Sendable {
        case mlp, heads
        case keyValueGroups = "kv_groups"
        case hidden, experts

        /// The option of the command line.
        package var option: String { "--" + rawValue.replacing("_", with: "-") }
    }

    /// The share that goes, from 0 to below 1.
    package var shares: [Width: Double] = [:]
    package var depth = Depth.all
    package var vocabulary: Vocabulary?
    /// What the numbers of channels that stay are multiples of.
    package var multiple = 1
    package var importance = Importance.l2
    /// Whether output matrices are fitted again to what is left of their inputs, by activation statistics.
    package var repairs = false

    package init() {}

    /// Whether anything would be cut.
    package var isEmpty: Bool { shares.isEmpty && depth == .all && vocabulary == nil }

    /// Takes a share.
    /// - Throws: `FormatError` for one that is not from 0 to below 1.
    package mutating func set(_ width: Width, to share: Double) throws(FormatError) {
        guard share >= 0, share < 1 else {
            throw FormatError(
                .refused, "\(width.option) is \(share), the share to cut is from 0 to below 1",
                remedy: "To cut a quarter, write 0.25")
        }
        shares[width] = share == 0 ? nil : share
    }

    /// Takes the multiple.
    package mutating func setMultiple(_ multiple: Int) throws(FormatError) {
        guard (1...1 << 16).contains(multiple) else {
            throw FormatError(
                .refused, "--multiple-of is \(multiple), it is from 1 to \(1 << 16)",
                remedy: "Choose 32, or 256 for k-quants")
        }
        self.multiple = multiple
    }

    /// The version within which the same settings make the same bytes.
    static let method = "mask-1"

    package var parameters: JSONObject {
        var parameters = JSONObject([("method", .string(Self.method))])
        for (width, share) in shares { parameters[width.rawValue] = .number("\(share)") }
        switch depth {
        case .all: break
        case .cut(let layers): parameters["layers"] = .string(layers.text)
        case .keep(let layers): parameters["keep_layers"] = .string(layers.text)
        }
        switch vocabulary {
        case nil: break
        case .count(let count): parameters["vocabulary"] = .number(count)
        case .list(let digest): parameters["vocabulary_list"] = .string(digest.hex)
        }
        if multiple != 1 { parameters["multiple_of"] = .number(multiple) }
        if !shares.isEmpty { parameters["importance"] = .string(importance.name) }
        switch importance {
        case .l1, .l2: break
        case .imatrix(let digest), .statistics(let digest): parameters["importance_digest"] = .string(digest.hex)
        }
        if repairs { parameters["repair"] = .string("least_squares") }
        return parameters.sorted()
    }

    /// What a result's tag is made of: `mlp30-heads25`.
    package var tag: String {
        var words = Width.allCases.compactMap { width in
            shares[width].map { "\(width.rawValue.replacing("_", with: "-"))\(Int(($0 * 100).rounded()))" }
        }
        switch depth {
        case .all: break
        case .cut(let layers): words.append("without" + layers.text.replacing(",", with: "_"))
        case .keep(let layers): words.append("layers" + layers.text.replacing(",", with: "_"))
        }
        if let vocabulary {
            if case .count(let count) = vocabulary { words.append("vocab\(count)") } else { words.append("vocab") }
        }
        return words.joined(separator: "-")
    }
}

extension PruneSettings.Importance {
    /// As recipes spell it.
    package var name: String {
        switch self {
        case .l1: "l1"
        case .l2: "l2"
        case .imatrix: "imatrix"
        case .statistics: "statistics"
        }
    }
}
