import Catalog
import Transforms

/// What the results of a recipe are called.
struct PipelineNames {
    private let last: TagName
    private let names: [String: TagName]

    /// - Parameters:
    ///   - steps: the recipe's steps.
    ///   - last: the name of what the recipe is for: the only result that no other step goes on from.
    init(_ steps: [PipelineStep], last: TagName) throws {
        self.last = last
        let inputs = Set(steps.compactMap(\.input))
        let ends = steps.filter { !$0.isReplacement && !inputs.contains($0.id) }.map(\.id)
        let isWanted = Self.wanted(ends.count == 1 ? ends[0] : nil, steps)
        var names: [String: TagName] = [:]
        for step in steps {
            if let tag = step.tag {
                names[step.id] = try TagName(model: last.model, tag: tag)
            } else if !isWanted.contains(step.id) {
                names[step.id] = try TagName(
                    model: last.model, tag: last.isLatest ? step.id : "\(last.tag)-\(step.id)")
            }
        }
        self.names = names
        try refuseEqualNames(steps, but: isWanted)
    }

    /// Two results cannot have one name, unless only one of them is made.
    private func refuseEqualNames(_ steps: [PipelineStep], but alternatives: Set<String>) throws {
        var owners: [String: String] = [:]
        for step in steps {
            let name = name(of: step.id).description
            guard let other = owners.updateValue(step.id, forKey: name.lowercased()) else { continue }
            let isEither = alternatives.contains(step.id) && alternatives.contains(other)
            guard !isEither, !Self.wanted(other, steps).contains(step.id) else { continue }
            throw RegistryError(
                "the steps '\(other)' and '\(step.id)' would both be called \(name)",
                remedy: "Give one of them another 'tag'")
        }
    }

    func name(of step: String) -> TagName { names[step] ?? last }

    /// A step and all that may come in its place: one of them is made.
    private static func wanted(_ end: String?, _ steps: [PipelineStep]) -> Set<String> {
        var wanted: Set<String> = []
        var next = end
        while let id = next, wanted.insert(id).inserted { next = steps.first { $0.id == id }?.replacement }
        return wanted
    }
}
