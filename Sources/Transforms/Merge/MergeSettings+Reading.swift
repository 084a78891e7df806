package import Bytes
import Numbers

extension MergeSettings {
    /// Reads what mergekit reads: `merge_method`, `base_model`, `models` or `slices`, `parameters`, `dtype`,
    /// `out_dtype`, `tokenizer_source`; and Ingot's own `seed`.
    /// - Throws: `FormatError` that names file, line and key, also for what mergekit knows and Ingot does not.
    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        try Self.refuse(rules: rules)
        try self.init(node)
    }

    /// A recipe in mergekit's words, in a file of its own.
    /// - Parameter file: its name, for messages.
    package init(parsing text: [UInt8], file: String) throws(FormatError) {
        try self.init(YAMLDocument(parsing: text, file: file, remedy: Self.remedy).root)
    }

    static let remedy = "Compare it with the examples in docs/transforms.md"

    private static let keys = [
        "merge_method", "base_model", "models", "slices", "parameters", "dtype", "out_dtype", "tokenizer_source",
        "seed",
    ]

    /// What mergekit knows and Ingot does not, and what to do instead.
    private static let foreign = [
        ("tokenizer", "Say tokenizer_source: base, or the name of a model whose vocabulary the others share"),
        ("chat_template", "Leave it out: the template comes with the tokenizer"),
        ("modules", "Merge models of one module"),
        ("gradient", "Give a list of numbers as a parameter's value"),
    ]

    private init(_ node: RecipeNode) throws(FormatError) {
        let members = try node.members(Self.keys, foreign: Self.foreign)
        guard let word = members["merge_method"] else { throw node.fault("it has no 'merge_method'") }
        let method = try word.word(MergeMethod.self)
        self.method = method
        baseModel = try members["base_model"]?.text()
        values = try Self.values(members["parameters"], method)
        seed = try members["seed"].map { node throws(FormatError) in try Self.seed(node) } ?? 0
        tokenizerSource = try members["tokenizer_source"].map { node throws(FormatError) in
            guard try node.text() != "union" else {
                throw node.fault(
                    "vocabularies are not joined", remedy: "Say base, or name a model whose vocabulary the others share"
                )
            }
            return try node.text()
        }
        // A merge is worked out in float32 whatever `dtype` says; only what is written has it.
        dtype = try (members["out_dtype"] ?? members["dtype"]).map { node throws(FormatError) in
            try Self.dtype(node)
        }
        switch (members["models"], members["slices"]) {
        case (let models?, nil):
            let sources = try Self.sources(models, method, isSliced: false)
            slices = [Slice(sources: sources, values: [:])]
            isStacked = false
        case (nil, let list?):
            slices = try list.items(atMost: Self.mostSlices).map { node throws(FormatError) in
                try Self.slice(node, method)
            }
            isStacked = true
        case (nil, nil): throw node.fault("it has neither 'models' nor 'slices'")
        case (_?, let slices?): throw slices.fault("it has 'models' too", remedy: "Leave one of them out")
        }
        guard !slices.isEmpty else { throw node.fault("it has no slices") }
        try check(node, members)
    }

    private static let mostSlices = 4096
    private static let mostModels = 64

    private static func seed(_ node: RecipeNode) throws(FormatError) -> UInt64 {
        guard let seed = UInt64(try node.text()) else {
            throw node.fault("'\(try node.text().shortened)' is no whole number from 0 on")
        }
        return seed
    }

    private static func dtype(_ node: RecipeNode) throws(FormatError) -> DType {
        guard let dtype = CastSettings.dtype(named: try node.text()), [.BF16, .F16, .F32].contains(dtype) else {
            throw node.fault(
                "'\(try node.text().shortened)' is no dtype of a merge", remedy: "Choose bfloat16, float16 or float32")
        }
        return dtype
    }

    private static func values(
        _ node: RecipeNode?, _ method: MergeMethod
    ) throws(FormatError) -> [String: MergeParameter] {
        var values: [String: MergeParameter] = [:]
        for (name, node) in try node?.members(method.parameterNames) ?? [:] {
            values[name] = try MergeParameter(node)
        }
        return values
    }

    private static func sources(
        _ node: RecipeNode, _ method: MergeMethod, isSliced: Bool
    ) throws(FormatError) -> [Source] {
        let keys = ["model", "parameters"] + (isSliced ? ["layer_range"] : [])
        return try node.items(atMost: mostModels).map { item throws(FormatError) in
            let members = try item.members(keys)
            guard let model = members["model"] else { throw item.fault("it has no 'model'") }
            let name = try model.text()
            guard !name.contains("+") else {
                throw model.fault(
                    "'\(name.shortened)' adds an adapter to a model",
                    remedy: "Merge the adapter first, with 'ingot merge BASE --adapter DIR', and name the result")
            }
            guard isSliced else {
                return Source(model: name, layers: nil, values: try values(members["parameters"], method))
            }
            guard let range = members["layer_range"] else { throw item.fault("it has no 'layer_range'") }
            return Source(
                model: name, layers: try layers(range), values: try values(members["parameters"], method))
        }
    }

    /// `[first, end]`, the end not among them.
    private static func layers(_ node: RecipeNode) throws(FormatError) -> Range<Int> {
        let bounds = try node.items(atMost: 2).map { node throws(FormatError) in try node.integer() }
        guard bounds.count == 2, bounds[0] >= 0, bounds[0] < bounds[1] else {
            throw node.fault("it is no range of layers", remedy: "Write [first, end], such as [0, 16] for 0 to 15")
        }
        return bounds[0]..<bounds[1]
    }

    private static func slice(_ node: RecipeNode, _ method: MergeMethod) throws(FormatError) -> Slice {
        let members = try node.members(["sources", "parameters"])
        guard let list = members["sources"] else { throw node.fault("it has no 'sources'") }
        let sources = try sources(list, method, isSliced: true)
        guard Set(sources.map { $0.layers?.count ?? 0 }).count == 1 else {
            throw list.fault("its sources give different numbers of layers", remedy: "Give each the same number")
        }
        return Slice(sources: sources, values: try values(members["parameters"], method))
    }

    /// What the method asks of the models.
    private func check(_ node: RecipeNode, _ members: [String: RecipeNode]) throws(FormatError) {
        let place = members["models"] ?? members["slices"] ?? node
        for slice in slices {
            switch method {
            case .slerp:
                let models = Set(slice.sources.map(\.model) + [baseModel].compactMap(\.self))
                guard baseModel != nil, slice.sources.count == 2 || slice.sources.count == 1, models.count == 2 else {
                    throw place.fault(
                        "slerp is between two models, one of which is base_model",
                        remedy: "Name both, and one of them as base_model")
                }
            case .passthrough:
                guard slice.sources.count == 1 else {
                    throw place.fault(
                        "passthrough takes layers as they are, and a slice names \(slice.sources.count) models",
                        remedy: "Give each slice one source")
                }
            case .linear, .taskArithmetic, .ties, .dareTies, .dareLinear:
                guard !slice.sources.isEmpty else { throw place.fault("no models are named") }
            }
        }
        guard !method.needsBase || baseModel != nil else {
            throw node.fault(
                "\(method.rawValue) merges differences from a base, and there is no 'base_model'",
                remedy: "Name the model that the others were trained from")
        }
    }
}

extension RecipeNode {
    /// The members of a mapping, with more to say of keys that another program knows.
    fileprivate func members(
        _ known: [String], foreign: [(key: String, remedy: String)]
    ) throws(FormatError) -> [String: RecipeNode] {
        let members = try self.members(known + foreign.map(\.key))
        for (key, remedy) in foreign {
            guard let node = members[key] else { continue }
            throw node.fault("Ingot does not know this key of mergekit", remedy: remedy)
        }
        return members
    }
}
