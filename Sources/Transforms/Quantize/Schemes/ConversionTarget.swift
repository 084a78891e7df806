package import Bytes
import Formats

/// What a whole model is converted to: one scheme for all tensors that it quantizes, or a mixture of several.
package enum ConversionTarget: Hashable, Sendable {
    case scheme(TensorScheme)
    /// A mixture of llama.cpp, or of blocks and plain matrices as llama-quantize makes it under that name.
    case mixture(GGUFMixture)

    /// Finds what a name means. Where llama-quantize has a file type of the name (`q4_0`, `q6_k`, `q4_k_m`), it is that
    /// mixture; `gguf-q4_k`, `gguf-mxfp4` and such, which it has none for, are one type for all tensors.
    /// - Parameter blockSize: the size of groups or blocks, where the name leaves it open.
    /// - Throws: `FormatError` for a name that is ambiguous or unknown, and for a size that the scheme has not.
    package init(named name: String, blockSize: Int? = nil) throws(FormatError) {
        let entry = try Self.names.entry(named: name)
        guard let blockSize else {
            self = entry.value
            return
        }
        let target = try entry.value.resized(to: blockSize)
        let statesSize = name.lowercased().split(separator: "-").contains { part in
            (part.hasPrefix("g") || part.hasPrefix("b")) && Int(part.dropFirst()) != nil
        }
        guard target == entry.value || !statesSize else {
            throw FormatError(
                .refused, "'\(name)' states the size of its blocks, but --block says \(blockSize)",
                remedy: "Leave one of them out")
        }
        self = target
    }

    /// The id that recipes hold.
    package var id: String {
        switch self {
        case .scheme(let scheme): scheme.id
        case .mixture(let mixture): mixture.id
        }
    }

    package var family: TensorScheme.Family {
        switch self {
        case .scheme(let scheme): scheme.family
        case .mixture: .gguf
        }
    }

    /// The id without its family where no other family has the same, else the id: what a tag is called.
    package var shortName: String { Self.names.shortName(of: id) }

    /// The same scheme with groups or blocks of another size.
    private func resized(to size: Int) throws(FormatError) -> Self {
        if case .scheme(let scheme) = self {
            if scheme.groupSize == size { return self }
            let siblings = Self.names.entries.compactMap { entry -> TensorScheme? in
                guard case .scheme(let other) = entry.value, other.isSame(as: scheme) else { return nil }
                return other
            }
            if let sibling = siblings.first(where: { $0.groupSize == size }) { return .scheme(sibling) }
            let sizes = siblings.compactMap(\.groupSize).sorted()
            if sizes.count > 1 {
                throw FormatError(
                    .refused, "\(size) is not a block size of \(id)",
                    remedy: "Choose one of \(sizes.map(String.init).joined(separator: ", "))")
            }
        }
        throw FormatError(
            .refused, "the blocks of \(id) have a size of their own, not \(size)", remedy: "Leave --block out")
    }

    static let names = NameTable<Self>(
        subject: "scheme",
        entries: TensorScheme.names.entries.compactMap { entry in
            if entry.family == .gguf, GGUFMixture(named: entry.id) != nil { return nil }
            return .init(entry.id, entry.family, aliases: entry.aliases, .scheme(entry.value))
        } + GGUFMixture.all.map { .init($0.id, .gguf, .mixture($0)) })
}

extension TensorScheme {
    /// Whether both differ at most in the size of their groups.
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.fourBit(let left), .fourBit(let right)): left.type == right.type && left.isNested == right.isNested
        case (.mlx(let left), .mlx(let right)): left.mode == right.mode && left.bits == right.bits
        case (.gptq(let left), .gptq(let right)): left.bits == right.bits && left.version == right.version
        case (.awq(let left), .awq(let right)): left.layout == right.layout
        case (.compressedTensors(let left), .compressedTensors(let right)):
            left.layout == right.layout && left.isSymmetric == right.isSymmetric
        default: self == other
        }
    }
}
