package import Bytes
package import Formats
package import Numbers

/// A mixture of llama.cpp: which type each tensor of a GGUF model gets, as llama-quantize chooses.
///
/// Source: the rules of `llama_tensor_get_type` in llama.cpp, `src/llama-quant.cpp`, compared with what llama-quantize
/// of llama-cpp-python 0.3.36 chose for 30 models in each file type (`fixtures/llama-quantize`).
package struct GGUFMixture: Hashable, Sendable {
    /// What becomes of one tensor.
    package enum Choice: Equatable, Sendable {
        /// It stays as the layout's convention stores it, for a reason that the user reads.
        case keep(reason: String)
        /// It is stored so. `wanted` is the type that its rows are too short for; nil when it has the type meant for it.
        case store(ElementType, wanted: BlockType?)
    }

    /// What the file says of itself: the number and name.
    package let fileType: GGUFFileType

    /// - Parameter name: as llama-quantize spells it, in lower case: `q4_k_m`; `gguf-` may stand before it.
    package init?(named name: String) {
        let name = name.hasPrefix("gguf-") ? String(name.dropFirst("gguf-".count)) : name
        guard let fileType = GGUFFileType(name: name), fileType.base.dtype != nil || MixtureTable.all[name] != nil
        else {
            return nil
        }
        self.fileType = fileType
    }

    /// `gguf-q4_k_m`
    package var id: String { "gguf-" + fileType.name }

    /// All mixtures whose types are written, by the number of their file type.
    package static let all = (MixtureTable.all.keys + ["f32", "f16", "bf16"]).compactMap(Self.init(named:))
        .sorted { $0.fileType.number < $1.fileType.number }

    /// Chooses a type for each tensor.
    /// - Parameters:
    ///   - tensors: all tensors of the file, by their GGUF names; sizes outermost first.
    ///   - model: the model's own numbers.
    ///   - hasImportance: whether an importance matrix is at hand.
    ///   - overridden: the places of tensors that a rule has decided about. They do not advance the counts by which the
    ///     mixture picks the layers with more bits, as in llama-quantize.
    /// - Returns: what becomes of each, in the order of `tensors`; `keep` for those that are overridden.
    /// - Throws: `FormatError` when rows are too short for a type that has no fallback, and when the mixture needs an
    ///   importance matrix.
    package func types(
        of tensors: [(name: String, shape: [Int])], model: MixtureModel, hasImportance: Bool,
        overridden: Set<Int> = []
    ) throws(FormatError) -> [Choice] {
        let wanted = wantedTypes(
            of: tensors, model: model, hasImportance: hasImportance, overridden: overridden)
        var choices: [Choice] = []
        for (tensor, choice) in zip(tensors, wanted) {
            guard case .store(.block(let type), _) = choice else {
                choices.append(choice)
                continue
            }
            let stored = try GGUFFallback.type(type, columns: tensor.shape.last ?? 0, tensor: tensor.name)
            try checkImportance(stored, tensor: tensor.name, hasImportance: hasImportance)
            choices.append(.store(stored, wanted: stored == .block(type) ? nil : type))
        }
        return choices
    }

    /// The same before rows that are too short are looked at.
    func wantedTypes(
        of tensors: [(name: String, shape: [Int])], model: MixtureModel, hasImportance: Bool, overridden: Set<Int>
    ) -> [Choice] {
        let places = MixturePlace.all(tensors.map(\.name))
        let reasons = GGUFEligibility.reasonsToKeep(tensors)
        var choices = reasons.map { Choice.keep(reason: $0 ?? "decided by a rule") }
        var counts = MixtureCounts(
            model: model, hasImportance: hasImportance, isTied: !tensors.contains { $0.name == "output.weight" },
            attentionValueCount: places.count { $0.kind == .attentionValue })
        // llama-quantize counts in the order in which it writes: by block, then by the names' bytes.
        let order = tensors.indices.sorted { left, right in
            (places[left].block, tensors[left].name.utf8Bytes, left)
                < (places[right].block, tensors[right].name.utf8Bytes, right)
        }
        for index in order where reasons[index] == nil && !overridden.contains(index) {
            guard let table = MixtureTable.all[fileType.name] else {
                choices[index] = .store(fileType.base, wanted: nil)
                continue
            }
            let type = counts.type(of: places[index], shape: tensors[index].shape, in: table, named: fileType.name)
            choices[index] = .store(.block(type), wanted: nil)
        }
        return choices
    }

    /// llama-quantize makes no Q2_K in a Q2_K_S file without an importance matrix, but of the token embedding.
    func checkImportance(_ type: ElementType, tensor: String, hasImportance: Bool) throws(FormatError) {
        guard fileType.name == "q2_k_s", type == .block(.Q2_K), !hasImportance, tensor != "token_embd.weight" else {
            return
        }
        throw FormatError(
            .refused, "gguf-q2_k_s needs an importance matrix", tensor: tensor,
            remedy: "Give one with --imatrix, or convert to gguf-q2_k")
    }
}

/// What a mixture needs to know of a model.
package struct MixtureModel: Hashable, Sendable {
    /// `general.architecture`
    package let architecture: String
    package let blockCount: Int
    package let headCount: Int
    package let keyValueHeadCount: Int
    /// 0 for a model without experts.
    package let expertCount: Int

    package init(
        architecture: String, blockCount: Int, headCount: Int, keyValueHeadCount: Int, expertCount: Int
    ) {
        self.architecture = architecture
        self.blockCount = blockCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.expertCount = expertCount
    }

    /// Reads the numbers from a GGUF file's metadata.
    /// - Parameter number: the whole number behind a key, the first of a list; nil when there is none.
    package init(architecture: String, number: (String) -> Int?) {
        let heads = number("\(architecture).attention.head_count") ?? 0
        self.init(
            architecture: architecture, blockCount: number("\(architecture).block_count") ?? 0, headCount: heads,
            keyValueHeadCount: number("\(architecture).attention.head_count_kv") ?? heads,
            expertCount: number("\(architecture).expert_count") ?? 0)
    }

    /// Query heads for each head of keys and values.
    var queryHeadsPerKey: Int { headCount / max(1, keyValueHeadCount) }
}

extension String {
    fileprivate var utf8Bytes: BytewiseName { BytewiseName(name: self) }
}

/// A name that is ordered by its bytes.
private struct BytewiseName: Comparable {
    let name: String
    static func < (left: Self, right: Self) -> Bool { left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
}
