import Architectures
import Bytes
import Transforms

/// The file that tells a trainer, and whoever asks later, from what a student was made: `distill.json`, as
/// `schemas/distill.schema.json` says.
struct StudentMap: Sendable {
    static let fileName = "distill.json"

    /// A tensor of the student, and what of the teacher's it begins with.
    struct Entry: Sendable {
        let student: String
        let teacher: String
        /// Of a matrix, or of each matrix of a stack: the rows and columns that were taken; nil for all.
        var parts: [(rows: [Range<Int>]?, columns: [Range<Int>]?)] = []
        /// Of a stack, the matrices that were taken; nil for all.
        var experts: [Range<Int>]?
        /// What its numbers were multiplied by: norms of fewer channels; nil for nothing.
        var factor: Double?
    }

    let teacher: (digest: String, weightsDigest: String?)
    let settings: StudentSettings
    /// The teacher's layers, in the student's order.
    let layers: [Int]
    let entries: [Entry]

    var file: ExportPlan.File {
        .init(path: Self.fileName, content: .made(Array((json.text(.indented) + "\n").utf8)))
    }

    private var json: JSONValue {
        var lists = IndexLists()
        let tensors = entries.map { $0.json(&lists) }
        var about = JSONObject([("digest", .string(teacher.digest))])
        if let weights = teacher.weightsDigest { about["weights_digest"] = .string(weights) }
        return .object(
            JSONObject([
                ("format", .string("ingot-distillation")), ("version", .number(1)), ("teacher", .object(about)),
                ("temperature", .number("\(settings.temperature)")), ("alpha", .number("\(settings.alpha)")),
                ("layers", .array(layers.map { .number($0) })),
                ("index_lists", .array(lists.texts.map { .string($0) })), ("tensors", .array(tensors)),
            ]))
    }

    /// Lists of indices, each once.
    fileprivate struct IndexLists {
        private(set) var texts: [String] = []
        private var places: [String: Int] = [:]

        mutating func place(_ ranges: [Range<Int>]) -> JSONValue {
            let text = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
                .joined(separator: ",")
            if let place = places[text] { return .number(place) }
            places[text] = texts.count
            texts.append(text)
            return .number(texts.count - 1)
        }
    }
}

extension StudentMap.Entry {
    fileprivate func json(_ lists: inout StudentMap.IndexLists) -> JSONValue {
        var entry = JSONObject([("student", .string(student)), ("teacher", .string(teacher))])
        if let experts { entry["experts"] = lists.place(experts) }
        if parts.count == 1 {
            for (key, value) in Self.members(parts[0], &lists) { entry[key] = value }
        } else if !parts.isEmpty {
            var matrices: [JSONValue] = []
            for part in parts { matrices.append(.object(JSONObject(Self.members(part, &lists)))) }
            entry["matrices"] = .array(matrices)
        }
        if let factor { entry["factor"] = .number("\(factor)") }
        return .object(entry)
    }

    private static func members(
        _ part: (rows: [Range<Int>]?, columns: [Range<Int>]?), _ lists: inout StudentMap.IndexLists
    ) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        if let rows = part.rows { members.append(("rows", lists.place(rows))) }
        if let columns = part.columns { members.append(("columns", lists.place(columns))) }
        return members
    }
}

extension PrunedModel {
    /// From what each tensor that stays is made.
    var studentEntries: [StudentMap.Entry] {
        model.tensors.compactMap { tensor in newName(tensor).map { entry(tensor, $0) } }
    }

    private func entry(_ tensor: TensorAxes, _ name: String) -> StudentMap.Entry {
        var entry = StudentMap.Entry(student: name, teacher: tensor.name)
        entry.factor = factor(of: tensor)?.factor
        guard kept.cuts(tensor) else { return entry }
        if tensor.isStack {
            let experts = kept.ranges(tensor.dimensions[0], of: tensor)
            entry.experts = partial(experts, tensor, 0)
            entry.parts = experts.joined().map { expert in
                (
                    partial(kept.ranges(tensor.dimensions[1], of: tensor, expert: expert), tensor, 1),
                    partial(kept.ranges(tensor.dimensions[2], of: tensor, expert: expert), tensor, 2)
                )
            }
        } else {
            let last = tensor.dimensions.count - 1
            let rows = partial(kept.ranges(tensor.dimensions[0], of: tensor), tensor, 0)
            let columns = last > 0 ? partial(kept.ranges(tensor.dimensions[last], of: tensor), tensor, last) : nil
            entry.parts = [(rows, columns)]
        }
        return entry
    }

    /// Nil when nothing is missing.
    private func partial(_ ranges: [Range<Int>], _ tensor: TensorAxes, _ dimension: Int) -> [Range<Int>]? {
        ranges == [0..<tensor.shape[dimension]] ? nil : ranges
    }
}
