import Architectures
import Bytes
import Formats
import Tensors
import Tokenizers
import Transforms

extension Exercise {
    // MARK: Recipes

    /// A recipe of one step or several: its canonical text is the same recipe, and each step stands behind its input.
    static let recipe = Exercise("recipe") { file in
        try RecipeFile(parsing: try file.bytes(0..<file.byteCount), file: file.path)
    } check: { recipe, _ in
        try readAgain(recipe.recipe)
        let ids = recipe.pipeline.map(\.id)
        try expect(Set(ids).count == ids.count, "two steps have one id")
        for (place, step) in recipe.pipeline.enumerated() {
            guard let input = step.input else { continue }
            try expect(ids[..<place].contains(input), "'\(step.id)' stands before its input")
        }
    }

    /// A merge in mergekit's words.
    static let merge = Exercise("merge") { file in
        try MergeSettings(parsing: try file.bytes(0..<file.byteCount), file: file.path)
    } check: { settings, _ in
        try readAgain(Recipe(steps: [.merge(settings)]))
    }

    /// The longest recipe that is read.
    private static let longestRecipe = 1 << 20

    /// What the catalog keeps of a recipe is the same recipe.
    private static func readAgain(_ recipe: Recipe) throws {
        let text = Array(recipe.text.utf8)
        guard text.count <= longestRecipe else { return }
        do {
            let again = try RecipeFile(parsing: text, file: "recipe")
            try expect(again.recipe.digest == recipe.digest, "the canonical text is another recipe: \(recipe.text)")
        } catch let error as FormatError {
            throw Fault(text: "the canonical text is refused: \(error)")
        }
    }

    /// The words of `register --qat`.
    static let trainingGrid = Exercise("training-grid") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormatError(.refused, "no UTF-8 text", remedy: "Write words")
        }
        return try TrainingGrid(parsing: text)
    } check: { grid, _ in
        let again = try TrainingGrid(parsing: grid.text)
        try expect(again == grid, "'\(grid.text)' is another grid")
    }

    // MARK: Adapters and statistics

    /// An adapter as PEFT saves it: adapter_config.json, a zero byte, and its weights as safetensors.
    static let adapter = Exercise("adapter") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        let end = bytes.firstIndex(of: 0) ?? bytes.count
        let config = try AdapterConfiguration(JSONValue(parsing: Array(bytes[..<end]), dialect: .python))
        let weights = MemorySource(Array(bytes.dropFirst(end + 1)), path: "adapter_model.safetensors")
        do {
            let names = try Safetensors.layout(of: weights).tensors.map(\.name)
            return (config: config, modules: Set(names.compactMap { AdapterTensorName($0)?.module }))
        } catch var error as FormatError {
            // Places count from the start of the weights.
            error.byteOffset = error.byteOffset.map { min($0 + end + 1, bytes.count) }
            throw error
        }
    } check: { adapter, _ in
        for module in adapter.modules {
            // A pattern that takes too long is refused here.
            guard let rank = try? adapter.config.rank(of: module),
                let scaling = try? adapter.config.scaling(of: module)
            else { continue }
            try expect(rank > 0, "'\(module)' has the rank \(rank)")
            try expect(scaling.isFinite, "'\(module)' is scaled by \(scaling)")
        }
    }

    /// Activation statistics.
    static let statistics = Exercise("statistics") { file in
        try ActivationStatistics(reading: file)
    } check: { statistics, _ in
        for module in statistics.modules {
            try refused {
                let squares = try statistics.meanSquares(of: module, width: 4)
                try expect(squares?.allSatisfy { $0 >= 0 } != false, "'\(module)' has a mean square below zero")
            }
            guard statistics.hasSecondMoments(of: module) else { continue }
            try refused { _ = try statistics.secondMoments(of: module, row: 3, width: 4) }
        }
    }

    // MARK: Cuts

    /// A list of tokens to keep.
    static let tokenList = Exercise("token-list") { file in
        try VocabularyList(parsing: try file.bytes(0..<file.byteCount), path: file.path)
    } check: { list, _ in
        try expect(!list.entries.isEmpty, "a list without tokens was accepted")
        for case .id(let id) in list.entries { try expect(id >= 0, "the id \(id) is below zero") }
    }

    /// A tokenizer.json, a config.json and a list of tokens to keep, with zero bytes between them: the tokenizer of the
    /// tokens that stay names no others.
    static let vocabulary = Exercise("vocabulary") { file in
        let parts = try file.bytes(0..<file.byteCount).split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw FormatError(.refused, "not three files", remedy: "Give all") }
        let tokenizer = Array(parts[0])
        let config = try JSONValue(parsing: Array(parts[1]), dialect: .python)
        let texts = try VocabularyTexts(
            tokenizer: try JSONValue(parsing: tokenizer, dialect: .python),
            named: NamedToken.needed(by: config, file: "config.json"), rows: tokenRows)
        let ids = try VocabularyList(parsing: Array(parts[2]), path: "tokens").entries.compactMap { entry in
            switch entry {
            case .id(let id): id < tokenRows ? id : nil
            case .text(let text): texts.id(of: text)
            }
        }
        let cut = VocabularyCut(kept: texts.closed(ids), names: texts)
        _ = try cut.configuration(config, "config.json")
        return (cut: cut, tokenizer: try cut.rewritten("tokenizer.json") { tokenizer })
    } check: { cut, _ in
        let tree = try JSONValue(parsing: cut.tokenizer ?? [], dialect: .python)
        do {
            _ = try VocabularyTexts(tokenizer: tree, named: [], rows: cut.cut.kept.count)
        } catch { throw Fault(text: "the new tokenizer is refused: \(error)") }
    }

    /// The rows of the embedding.
    private static let tokenRows = 1 << 12

    /// A config.json with a list of tensors, as for `family`: each direction is cut, and what config.json says then are
    /// the sizes of the result.
    static let axes = Exercise("axes") { file in
        let document = try JSONValue(parsing: try file.bytes(0..<file.byteCount), dialect: .python)
        let config = document["config"] ?? .null
        return (config: config, model: try ModelAxes(config: config, tensors: listedTensors(document)))
    } check: { checkpoint, _ in
        for width in PruneSettings.Width.allCases {
            var settings = PruneSettings()
            try settings.set(width, to: 0.5)
            try check(settings, checkpoint.model, checkpoint.config)
        }
        var settings = PruneSettings()
        settings.depth = .keep(LayerList([0]))
        try check(settings, checkpoint.model, checkpoint.config)
    }

    private static func check(_ settings: PruneSettings, _ model: ModelAxes, _ config: JSONValue) throws {
        try refused {
            let sizes = try PrunedSizes(settings, model)
            for (axis, size) in sizes.sizes {
                try expect((1...(model.sizes[axis] ?? 0)).contains(size), "\(size) \(axis.noun) would be left")
            }
            _ = sizes.notes(model, isGGUF: false)
            guard let object = config.objectValue else { return }
            let made = JSONValue.object(try model.config(object, cut: sizes.sizes, layers: sizes.layers))
            do {
                let again = try ModelAxes(config: made, tensors: [])
                try expect(again.layerCount == sizes.layers.count, "config.json has \(again.layerCount) layers")
            } catch let error as FormatError { throw Fault(text: "the new config.json is refused: \(error)") }
        }
    }

    /// Does something that may be refused, but may not fail.
    private static func refused(_ body: () throws -> Void) throws {
        do { try body() } catch is FormatError { return }
    }
}
