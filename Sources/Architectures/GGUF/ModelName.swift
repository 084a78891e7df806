/// A model's name taken apart: `Qwen/Qwen2.5-7B-Instruct` is by Qwen, based on Qwen2.5, of 7B, tuned to instructions.
///
/// The parts are those of GGUF's naming convention (ggml, docs/gguf.md), told apart as llama.cpp's converter does
/// (gguf-py, metadata.py): by their look and their order.
struct ModelName: Equatable {
    /// The owner of the repository.
    private(set) var organization: String?
    /// The name for people: words in capitals, without hyphens.
    let title: String
    private(set) var basename: String?
    private(set) var sizeLabel: String?
    private(set) var finetune: String?
    private(set) var version: String?

    private enum Kind { case basename, size, finetune, version, type }

    private struct Part {
        var text: String
        var kinds: Set<Kind> = []
    }

    /// - Parameters:
    ///   - name: a folder's or a repository's name.
    ///   - parameterCount: the model's parameters, against which a part that looks like a size is held.
    init(parsing name: String, parameterCount: Int) {
        guard !name.contains(" ") else {
            title = Self.title(of: name)
            return
        }
        let halves = name.split(separator: "/", maxSplits: 1)
        let own = String(halves.last ?? "")
        if halves.count > 1, !name.hasPrefix("."), !name.hasPrefix("/") { organization = String(halves[0]) }
        title = Self.title(of: own)
        var parts = own.split(separator: "-").enumerated().map { place, text in
            Self.part(String(text), isFirst: place == 0, parameterCount: parameterCount)
        }
        Self.settle(&parts)
        func joined(_ kind: Kind, where isWanted: (Part) -> Bool = { _ in true }) -> String? {
            var texts: [String] = []
            for part in parts where part.kinds.contains(kind) && isWanted(part) {
                if kind != .size || !texts.contains(part.text) { texts.append(part.text) }
            }
            return texts.isEmpty ? nil : texts.joined(separator: "-")
        }
        sizeLabel = joined(.size)
        finetune = joined(.finetune)
        version = joined(.version) { !$0.kinds.contains(.basename) }
        // A name without any of them might be anything.
        if sizeLabel != nil || finetune != nil || version != nil { basename = joined(.basename) }
    }

    var organizationTitle: String? { organization.map(Self.title) }

    /// What one part looks like by itself.
    private static func part(_ text: String, isFirst: Bool, parameterCount: Int) -> Part {
        var part = Part(text: text)
        let small = text.lowercased()
        if small.wholeMatch(of: /(v|iter)?\d+(\.\d+)*/) != nil {
            part.kinds = [.version]
        } else if small.wholeMatch(of: /i?q\d(_\w)*|b?fp?(16|32)/) != nil {
            part = Part(text: text.uppercased(), kinds: [.type])
        } else if !isFirst,
            small.wholeMatch(of: /((a|\d+x)?\d+([._]\d+)?[kmbt]\d?|small|mini|medium|large|x?xl)/) != nil
        {
            part.text = size(text.replacing("_", with: "."))
            part.kinds = [.size]
            if parameterCount > 0, let stated = count(part.text),
                abs(stated - Double(parameterCount)) > Double(7 * parameterCount / 8)
            {
                // It is far off: the length of a context, rather.
                part.text = part.text.dropLast() + part.text.suffix(1).lowercased()
                part.kinds = [.finetune]
            }
        } else if !isFirst, small.wholeMatch(of: /chat|instruct|vision|lora/) != nil {
            part.kinds = [.finetune]
        }
        return part
    }

    /// Decides what the parts are beside each other.
    private static func settle(_ parts: inout [Part]) {
        let isNumbered = parts.contains { $0.kinds.contains(.size) && $0.text.contains(where: \.isNumber) }
        for place in parts.indices where isNumbered && parts[place].text.allSatisfy(\.isLetter) {
            parts[place].kinds.remove(.size)
        }
        var isAtStart = true
        for place in parts.indices {
            let kinds = parts[place].kinds
            isAtStart =
                isAtStart
                && (kinds.contains(.version) || kinds.isEmpty && parts[place].text.first?.isLetter == true)
            if isAtStart {
                parts[place].kinds.insert(.basename)
            } else if kinds.isEmpty {
                parts[place].kinds.insert(.finetune)
            }
        }
        // A version behind the base's name is the model's.
        for place in parts.indices.reversed() {
            guard parts[place].kinds.contains(.basename), parts[place].kinds.count > 1 else { break }
            parts[place].kinds.remove(.basename)
        }
    }

    /// The size with its letter in capitals; `7b1` is 7.1B.
    private static func size(_ text: String) -> String {
        var text = text
        if let digit = text.last, digit.isNumber {
            let letter = text.dropLast().suffix(1)
            text = "\(text.dropLast(2)).\(digit)\(letter)"
        }
        guard let letter = text.last, text.dropLast().last?.isNumber == true else { return text }
        return text.dropLast() + String(letter).uppercased()
    }

    /// The number that a size tells; nil for a word and for `8x7B`.
    private static func count(_ text: String) -> Double? {
        let powers: [Character: Double] = ["K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12]
        guard let letter = text.last, let power = powers[letter], let number = Double(text.dropLast()) else {
            return nil
        }
        return number * power
    }

    private static func title(of name: String) -> String {
        name.replacing("-", with: " ").split(separator: " ").map { word in
            let isPlain = word.contains(where: \.isLetter) && !word.contains(where: \.isUppercase)
            let isVersion = word.first?.isNumber == true || word.wholeMatch(of: /v\d+(\.\d+)*/) != nil
            return isPlain && !isVersion ? capitalized(word) : String(word)
        }.joined(separator: " ")
    }

    /// Each run of letters with its first one in capitals.
    private static func capitalized(_ word: Substring) -> String {
        var isInside = false
        return word.map { letter in
            defer { isInside = letter.isLetter }
            return isInside || !letter.isLetter ? String(letter) : letter.uppercased()
        }.joined()
    }
}
