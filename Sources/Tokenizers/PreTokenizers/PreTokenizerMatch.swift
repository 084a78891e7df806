import Bytes

/// Which of llama.cpp's pre-tokenizers cuts text as a tokenizer.json does.
package struct PreTokenizerMatch: Equatable, Sendable {
    /// What to write as `tokenizer.ggml.pre`.
    package var id: String
    /// Other ids of the same structure, which llama.cpp treats the same but for defaults that a file states anyway.
    package var equivalents: [String] = []
    /// What the match leaves out.
    package var notes: [String] = []
    /// Whether a person chose the id, against the structure or without one.
    package var isOverride = false

    init(id: String, isOverride: Bool = false) {
        self.id = id
        self.isOverride = isOverride
    }

    /// Finds the pre-tokenizer of this structure.
    /// - Parameters:
    ///   - structure: what the file says.
    ///   - modelType: `model_type` of config.json, which decides among ids of one structure.
    ///   - hint: an id that the folder names itself, believed when its structure is this one.
    /// - Throws: `FormatError` naming the nearest one and the difference when none is the same.
    init(of structure: PreTokenizerStructure, modelType: String? = nil, hint: String? = nil) throws(FormatError) {
        let same = PreTokenizer.all.filter { $0.structures.contains { $0.cutsTextLike(structure) } }
        let hinted = same.first { each in hint.map { each.id == $0 || each.aliases.contains($0) } ?? false }
        let byModel = same.first { each in modelType.map(each.modelTypes.contains) ?? false }
        let byNormalizer =
            structure.normalizers.isEmpty
            ? nil : same.first { $0.structures.contains { $0.normalizers == structure.normalizers } }
        guard let chosen = hinted ?? byModel ?? byNormalizer ?? same.first else {
            throw Self.unknown(structure)
        }
        id = hinted != nil ? hint ?? chosen.id : chosen.id
        let others = same.filter { $0.id != chosen.id }.flatMap { [$0.id] + $0.aliases }
        equivalents = ([chosen.id] + chosen.aliases + others).filter { $0 != id }
        if !structure.normalizers.isEmpty {
            notes.append("llama.cpp does not apply the normalizer \(structure.normalizers.joined(separator: ", "))")
        } else if chosen.normalizer != .null {
            notes.append("a folder that is rebuilt from GGUF composes characters (NFC), which this one does not")
        }
    }

    /// A longer sequence is compared with none: those in use have at most seven steps.
    static let longestSequence = 64

    private static func unknown(_ structure: PreTokenizerStructure) -> FormatError {
        var difference = "; it has \(structure.steps.count) steps"
        if structure.steps.count <= longestSequence {
            let known = PreTokenizer.all.flatMap { each in
                each.structures.map { (id: each.id, structure: $0, distance: $0.distance(from: structure)) }
            }
            if let nearest = known.min(by: { $0.distance < $1.distance }) {
                let differences = nearest.structure.differences(from: structure).joined(separator: "; ")
                difference = "; the nearest is '\(nearest.id)', but \(differences)"
            }
        }
        return FormatError(
            .unsupported, "llama.cpp knows no pre-tokenizer like this\(difference)",
            remedy: "Name the one to use with --pre-tokenizer if the difference does not matter for this model")
    }
}

extension PreTokenizerStructure {
    /// Whether both cut text in the same places once it is normalized as llama.cpp normalizes it: not at all. Unicode's
    /// composition (NFC) changes no text that is typed as usual, and so makes no difference here.
    func cutsTextLike(_ other: Self) -> Bool {
        steps == other.steps && ignoresMerges == other.ignoresMerges && other.normalizers.allSatisfy { $0 == "NFC" }
    }

    /// How far this known structure is from a file's: 2 a step more or less, up to 2 for one that differs.
    func distance(from file: Self) -> Double {
        var distance = file.normalizers.allSatisfy { $0 == "NFC" } ? 0 : 1.0
        if ignoresMerges != file.ignoresMerges { distance += 0.25 }
        for pair in Self.align(steps, file.steps) {
            if let known = pair.known, let found = pair.found {
                distance += known == found ? 0 : 0.1 + 1.9 * (1 - Self.likeness(known, found))
            } else {
                distance += 2
            }
        }
        return distance
    }

    /// What a file's structure has otherwise than this known one, in words.
    func differences(from file: Self) -> [String] {
        var differences: [String] = []
        let normalizers = file.normalizers.filter { $0 != "NFC" }
        if !normalizers.isEmpty {
            differences.append(
                "the file normalizes by \(normalizers.joined(separator: ", ")), which llama.cpp does not")
        }
        for (place, pair) in Self.align(steps, file.steps).enumerated() where pair.known != pair.found {
            switch (pair.known, pair.found) {
            case (let known?, let found?):
                let (known, found) = Self.excerpts(known, found)
                differences.append("step \(place + 1) of the file is '\(found)' where that has '\(known)'")
            case (let known?, nil): differences.append("the file lacks step \(place + 1), '\(known)'")
            case (nil, let found?): differences.append("the file has one more step, '\(found)'")
            case (nil, nil): break
            }
        }
        if ignoresMerges != file.ignoresMerges {
            differences.append("ignore_merges is \(file.ignoresMerges) in the file and \(ignoresMerges) there")
        }
        return differences
    }

    /// Puts like steps beside each other: equal ones at both ends first, then one by one.
    private static func align(_ known: [String], _ found: [String]) -> [(known: String?, found: String?)] {
        let head = zip(known, found).prefix { $0 == $1 }.count
        let tail = zip(known[head...].reversed(), found[head...].reversed()).prefix { $0 == $1 }.count
        let middle = max(known.count, found.count) - tail
        return (0..<middle).map { place in
            (
                place < known.count - tail ? known[place] : nil, place < found.count - tail ? found[place] : nil
            )
        } + known.suffix(tail).map { ($0, $0) }
    }

    /// The share of the longer text that both have in common at their ends.
    private static func likeness(_ left: String, _ right: String) -> Double {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        let head = zip(left, right).prefix { $0 == $1 }.count
        let tail = zip(left[head...].reversed(), right[head...].reversed()).prefix { $0 == $1 }.count
        return Double(head + tail) / Double(max(left.count, right.count, 1))
    }

    /// Both texts around the place where they differ.
    private static func excerpts(_ known: String, _ found: String) -> (known: String, found: String) {
        let known = Array(known)
        let found = Array(found)
        let head = zip(known, found).prefix { $0 == $1 }.count
        let tail = zip(known[head...].reversed(), found[head...].reversed()).prefix { $0 == $1 }.count
        return (excerpt(known, head, tail), excerpt(found, head, tail))
    }

    /// Characters that are shown on either side of a difference, and at most of the difference itself.
    private static let shownAround = 16
    private static let shownWithin = 120

    private static func excerpt(_ text: [Character], _ head: Int, _ tail: Int) -> String {
        let start = max(0, head - shownAround)
        let end = min(text.count, text.count - tail + shownAround)
        let shown = text[start..<end]
        let isCut = shown.count > shownWithin + 2 * shownAround
        return (start > 0 ? "…" : "") + String(shown.prefix(isCut ? shownWithin : shown.count))
            + (end < text.count || isCut ? "…" : "")
    }
}
