package import Bytes

/// A step that makes a student of a teacher: some of its layers, narrower where that is wanted, with what a trainer must
/// know.
package struct StudentSettings: StepSettings {
    package static let transform = "distill_init"

    /// Which of the teacher's layers the student begins with.
    package enum Depth: Equatable, Sendable {
        case all
        case layers(LayerList)
        /// The first, and each so many further on.
        case every(Int)
    }

    /// A student that was published, as its authors begin it.
    package enum Preset: String, CaseIterable, Sendable {
        /// DistilBERT of BERT, with tensors of its own names and without pooler and token types.
        /// Source: transformers 4.30, `research_projects/distillation/scripts/extract_distilbert.py`.
        case distilbert
        /// DistilGPT2 of GPT-2. Source: the same folder, `extract.py`.
        case distilgpt2

        /// The layers of a teacher of twelve.
        package static let layers = LayerList([0, 2, 4, 7, 9, 11])
        package static let teacherLayerCount = 12
    }

    package var depth = Depth.all
    /// The share of hidden and MLP channels and of heads that stays; nil for all.
    package private(set) var width: Double?
    package var preset: Preset?
    /// By what the logits of both are divided before they are compared.
    package private(set) var temperature = 2.0
    /// The share of the loss that the teacher's logits have; the rest is the labels'.
    package private(set) var alpha = 0.5

    package init() {}

    /// - Throws: `FormatError` for a number that is none for it, and when nothing says what to take.
    package init(
        depth: Depth, width: Double?, preset: Preset?, temperature: Double?, alpha: Double?
    ) throws(FormatError) {
        self.depth = depth
        self.preset = preset
        if case .every(let step) = depth, !(1...1023).contains(step) {
            throw Self.fault("every \(step)-th layer is none", "Write 2 for each second layer")
        }
        if let width {
            guard width > 0, width <= 1 else {
                throw Self.fault("a width of \(width): the share that stays lies between 0 and 1", "Write 0.5 for half")
            }
            self.width = width == 1 ? nil : width
        }
        if let temperature {
            guard temperature > 0, temperature.isFinite else {
                throw Self.fault("a temperature of \(temperature) is not above 0", "Write 2, as DistilBERT has it")
            }
            self.temperature = temperature
        }
        if let alpha {
            guard (0...1).contains(alpha) else {
                throw Self.fault("alpha is a share from 0 to 1, not \(alpha)", "Write 0.5 for half")
            }
            self.alpha = alpha
        }
        guard depth != .all || self.width != nil || preset != nil else {
            throw Self.fault(
                "nothing says what of the teacher the student begins with",
                "Say it with layers (0,2,5), every (2), width (0.5) or a preset")
        }
    }

    private static func fault(_ problem: String, _ remedy: String) -> FormatError {
        FormatError(.refused, problem, remedy: remedy)
    }

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.student(self)]) }

    /// The version within which the same settings make the same bytes.
    private static let method = "student-1"

    package var parameters: JSONObject {
        var parameters = JSONObject([
            ("method", .string(Self.method)), ("temperature", .number("\(temperature)")),
            ("alpha", .number("\(alpha)")),
        ])
        switch depth {
        case .all: break
        case .layers(let list): parameters["layers"] = .string(list.text)
        case .every(let step): parameters["every"] = .number(step)
        }
        if let width { parameters["width"] = .number("\(width)") }
        if let preset { parameters["preset"] = .string(preset.rawValue) }
        return parameters
    }

    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        try Self.refuse(rules: rules)
        let members = try node.members(["method", "layers", "every", "width", "preset", "temperature", "alpha"])
        if let method = members["method"] {
            guard try method.text() == Self.method else {
                throw method.fault(
                    "this version of Ingot has no method '\(try method.text().shortened)'",
                    remedy: "Write \(Self.method), or use the version of Ingot that made the recipe")
            }
        }
        let depth = try Self.depth(members), width = try members["width"]?.number()
        let preset = try members["preset"]?.word(Preset.self)
        let temperature = try members["temperature"]?.number(), alpha = try members["alpha"]?.number()
        do {
            try self.init(depth: depth, width: width, preset: preset, temperature: temperature, alpha: alpha)
        } catch { throw node.fault(error.problem, remedy: error.remedy) }
    }

    private static func depth(_ members: [String: RecipeNode]) throws(FormatError) -> Depth {
        switch (members["layers"], members["every"]) {
        case (nil, nil): return .all
        case (let list?, nil):
            // A single layer is a number to YAML.
            return .layers(try list.parsed { text throws(FormatError) in try LayerList(parsing: text) })
        case (nil, let step?): return .every(try step.integer())
        case (_?, let step?): throw step.fault("the layers are listed and counted", remedy: "Write one of them")
        }
    }

    /// The teacher's layers that the student begins with, in ascending order.
    /// - Parameter count: how many the teacher has.
    package func layers(of count: Int) throws(FormatError) -> [Int] {
        switch depth {
        case .all:
            guard preset != nil else { return Array(0..<count) }
            guard count == Preset.teacherLayerCount else {
                throw Self.fault(
                    "the preset takes layers \(Preset.layers.text) of \(Preset.teacherLayerCount), and the teacher has "
                        + "\(count)", "Name the layers with --layers too")
            }
            return Preset.layers.numbers
        case .every(let step): return Array(stride(from: 0, to: count, by: step))
        case .layers(let list):
            if let beyond = list.numbers.first(where: { $0 >= count }) {
                throw Self.fault(
                    "there is no layer \(beyond): the teacher has \(count)", "Name layers from 0 to \(count - 1)")
            }
            return list.numbers
        }
    }

    /// What a result's tag is made of: `student-layers0_2_5`, `distilbert`.
    package var tag: String {
        var words = [preset?.rawValue ?? "student"]
        switch depth {
        case .all: break
        case .layers(let list): words.append("layers" + list.text.replacing(",", with: "_"))
        case .every(let step): words.append("every\(step)")
        }
        if let width { words.append("width\(Int((width * 100).rounded()))") }
        return words.joined(separator: "-")
    }
}
