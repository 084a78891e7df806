import Bytes

/// Reads the steps of a recipe file and ties them together.
struct PipelineReading {
    /// A step as the file has it.
    private struct Entry {
        let node: RecipeNode
        let id: String
        let step: Recipe.Step
        let input: RecipeNode?
        let adapter: String?
        let gates: PipelineStep.Gates
        let replacement: RecipeNode?
        let tag: String?
    }

    /// What a step's input is called when it is what the recipe is applied to.
    static let source = "source"
    static let mostSteps = 64
    private static let keys = ["id", "from", "adapter", "gates", "otherwise", "tag"]

    private let entries: [Entry]
    private let places: [String: Int]
    /// The step that each replacement stands for.
    private let replaced: [String: String]

    /// - Throws: `FormatError` that names file, line and key.
    init(_ nodes: [RecipeNode]) throws(FormatError) {
        var entries: [Entry] = []
        var places: [String: Int] = [:]
        for (number, node) in nodes.enumerated() {
            let entry = try Self.entry(node, number: number + 1)
            guard places.updateValue(number, forKey: entry.id) == nil else {
                throw node.fault("the id '\(entry.id)' is taken by an earlier step", remedy: "Give each its own id")
            }
            entries.append(entry)
        }
        self.entries = entries
        self.places = places
        var replaced: [String: String] = [:]
        for entry in entries {
            guard let node = entry.replacement else { continue }
            let name = try Self.known(node, among: places)
            if let other = replaced.updateValue(entry.id, forKey: name) {
                throw node.fault(
                    "'\(name)' comes in the place of '\(other)' already", remedy: "Write a step of its own for each")
            }
        }
        self.replaced = replaced
    }

    /// The steps, each behind what it needs, else in the file's order.
    /// - Throws: `FormatError` for steps that need each other.
    func steps() throws(FormatError) -> [PipelineStep] {
        var before: String?
        var steps: [PipelineStep] = []
        for entry in entries {
            let input = try input(of: entry, before: before)
            if let input, input == replaced[entry.id] {
                throw entry.node.fault(
                    "it comes in the place of '\(input)', whose result is not there then",
                    remedy: "Leave 'from' out, or name what it is to be done to")
            }
            steps.append(
                PipelineStep(
                    id: entry.id, step: entry.step, input: input, adapter: entry.adapter, gates: entry.gates,
                    replacement: try entry.replacement?.text(), tag: entry.tag,
                    isReplacement: replaced[entry.id] != nil))
            if replaced[entry.id] == nil { before = entry.id }
        }
        return try ordered(steps)
    }

    private static func entry(_ node: RecipeNode, number: Int) throws(FormatError) -> Entry {
        let members = try node.members(keys + Recipe.Step.keys)
        let id = try members["id"]?.parsed(name) ?? "step-\(number)"
        let tag = try members["tag"]?.parsed(name)
        let gates = try members["gates"].map(gates) ?? PipelineStep.Gates()
        if let node = members["otherwise"], gates.isEmpty {
            throw node.fault("it has no gate that could refuse it", remedy: "Add 'gates', or leave 'otherwise' out")
        }
        let step = try Recipe.Step(node, alsoKnown: keys)
        return Entry(
            node: node, id: id, step: step, input: members["from"], adapter: try adapter(members["adapter"], of: step),
            gates: gates, replacement: members["otherwise"], tag: tag)
    }

    /// The adapter of a step that merges one, and of no other; recipes that variants keep have it as a parent.
    private static func adapter(_ node: RecipeNode?, of step: Recipe.Step) throws(FormatError) -> String? {
        guard let node else { return nil }
        guard case .mergeAdapter = step else {
            throw node.fault("\(step.transform) merges no adapter", remedy: "Leave 'adapter' out")
        }
        return try node.text()
    }

    /// A name that can be a tag, or part of one.
    private static func name(_ text: String) throws(FormatError) -> String {
        let isGood =
            (1...64).contains(text.utf8.count) && text != source
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            } && text.first?.isLetter == true
        guard isGood else {
            throw FormatError(
                .refused, "'\(text.shortened)' cannot be the name of a step",
                remedy:
                    "Begin with a letter; letters, digits, '.', '-' and '_' may follow, 64 in all; 'source' is taken")
        }
        return text
    }

    private static func gates(_ node: RecipeNode) throws(FormatError) -> PipelineStep.Gates {
        let members = try node.members(["max_rel_rmse", "min_saving"])
        var gates = PipelineStep.Gates()
        if let node = members["max_rel_rmse"] {
            let value = try node.number()
            guard value >= 0 else { throw node.fault("an error is 0 or more", remedy: "Write a fraction, such as 0.1") }
            gates.maxRelRmse = value
        }
        if let node = members["min_saving"] {
            let value = try node.number()
            guard value > -1, value < 1 else {
                throw node.fault("a share of the bytes lies below 1", remedy: "Write a fraction, such as 0.5 for half")
            }
            gates.minSaving = value
        }
        guard !gates.isEmpty else {
            throw node.fault("it has no gate", remedy: "Give max_rel_rmse, min_saving or both, or leave 'gates' out")
        }
        return gates
    }

    private static func known(_ node: RecipeNode, among places: [String: Int]) throws(FormatError) -> String {
        let name = try node.text()
        guard places[name] != nil else {
            let ids = places.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
            throw node.fault("there is no step '\(name.shortened)'", remedy: "The steps are \(ids)")
        }
        return name
    }

    /// `from`; a replacement has its step's input, any other step the result of the one before it.
    private func input(of entry: Entry, before: String?) throws(FormatError) -> String? {
        if let node = entry.input {
            if try node.text() == Self.source { return nil }
            return try Self.known(node, among: places)
        }
        guard let step = replaced[entry.id] else { return before }
        var seen: Set<String> = [entry.id]
        var place = step
        while let above = replaced[place], entries[places[place] ?? 0].input == nil {
            guard seen.insert(place).inserted else { throw Self.cycle([place], entry.node) }
            place = above
        }
        let origin = places[place] ?? 0
        let earlier = entries[..<origin].last { replaced[$0.id] == nil }?.id
        return try input(of: entries[origin], before: earlier)
    }

    /// Puts each step behind its input and behind the step that it may replace.
    private func ordered(_ steps: [PipelineStep]) throws(FormatError) -> [PipelineStep] {
        var needs: [String: [String]] = [:]
        for step in steps {
            if let input = step.input { needs[step.id, default: []].append(input) }
            if let replacement = step.replacement { needs[replacement, default: []].append(step.id) }
        }
        // Who builds on a step also waits for what may replace it.
        for step in steps {
            var next = step.input.flatMap { input in steps.first { $0.id == input } }?.replacement
            var seen: Set<String> = []
            while let name = next, name != step.id, seen.insert(name).inserted {
                needs[step.id, default: []].append(name)
                next = steps.first { $0.id == name }?.replacement
            }
        }
        var ordered: [PipelineStep] = []
        var done: Set<String> = []
        while ordered.count < steps.count {
            let ready = steps.first { step in
                !done.contains(step.id) && needs[step.id, default: []].allSatisfy(done.contains)
            }
            guard let ready else {
                let rest = steps.filter { !done.contains($0.id) }.map(\.id)
                throw Self.cycle(rest, entries[places[rest.first ?? ""] ?? 0].node)
            }
            done.insert(ready.id)
            ordered.append(ready)
        }
        return ordered
    }

    private static func cycle(_ ids: [String], _ node: RecipeNode) -> FormatError {
        node.fault(
            "the steps \(ids.joined(separator: ", ")) wait for each other",
            remedy: "Let 'from' and 'otherwise' lead from the source to the results without a circle")
    }
}
